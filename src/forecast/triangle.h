#pragma once

#include <cstddef>
#include <span>

namespace tillstream {

// A symmetric matrix as its lower triangle, column by column: column j has rows j to p - 1. What is
// computed for an element does not depend on the others, so that wider registers give the same
// bits.

/// Elements of the triangle of a p x p matrix.
constexpr size_t TriangleSize(size_t p) { return p * (p + 1) / 2; }

/// product += value * (column `column` of the matrix), `product` having p elements.
void AddColumn(std::span<const double> triangle, size_t column, double value,
               std::span<double> product);

/// triangle -= k k' / f. Zeros in k cost nothing.
void Downdate(std::span<const double> k, double f, std::span<double> triangle);

}  // namespace tillstream
