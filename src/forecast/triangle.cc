#include "forecast/triangle.h"

namespace tillstream {
namespace {

[[gnu::always_inline]] inline void SubtractColumns(const double* __restrict k, size_t p, double f,
                                                   double* __restrict triangle) {
  double* __restrict column = triangle;
  for (size_t j = 0; j < p; column += p - j, ++j) {
    if (k[j] == 0) continue;
    const double scale = k[j] / f;
    const double* const below = k + j;
    for (size_t i = 0; i < p - j; ++i) column[i] -= scale * below[i];
  }
}

void DowndatePlain(const double* k, size_t p, double f, double* triangle) {
  SubtractColumns(k, p, f, triangle);
}

#if defined(__x86_64__)
// Without fused multiply-add, which rounds differently.
[[gnu::target("avx2")]] void DowndateAvx2(const double* k, size_t p, double f, double* triangle) {
  SubtractColumns(k, p, f, triangle);
}
#endif

using DowndateFunction = void (*)(const double*, size_t, double, double*);

DowndateFunction ChooseDowndate() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) return DowndateAvx2;
#endif
  return DowndatePlain;
}

}  // namespace

void AddColumn(std::span<const double> triangle, size_t column, double value,
               std::span<double> product) {
  const size_t p = product.size();
  double* __restrict const out = product.data();
  const double* __restrict element = triangle.data() + column;
  for (size_t j = 0; j < column; ++j) {
    out[j] += value * *element;
    element += p - j - 1;
  }
  for (size_t i = column; i < p; ++i) out[i] += value * element[i - column];
}

void Downdate(std::span<const double> k, double f, std::span<double> triangle) {
  static const DowndateFunction kFunction = ChooseDowndate();
  kFunction(k.data(), k.size(), f, triangle.data());
}

}  // namespace tillstream
