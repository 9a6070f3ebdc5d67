// Drives a fuzz target without libFuzzer: every seed as it is, cut at every length and with every
// byte flipped (small seeds), then random mutations. What libFuzzer finds by coverage this does
// not find; it keeps the targets alive and the obvious faults out in every test run.
//
//   <target> RUNS SEED CORPUS_DIR...

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

// Above it the exhaustive passes would cost more than the random ones.
constexpr size_t kExhaustiveBytesMax = 4096;
constexpr size_t kInputBytesMax = size_t{1} << 16;

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()), input.size());
}

std::vector<std::string> ReadSeeds(int count, char** directories) {
  std::vector<std::string> seeds = {""};
  for (int i = 0; i < count; ++i) {
    if (!std::filesystem::is_directory(directories[i])) continue;  // a target without seeds
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(directories[i])) {
      if (entry.is_regular_file()) paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    for (const auto& path : paths) {
      std::ifstream file(path, std::ios::binary);
      seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
  }
  return seeds;
}

class Mutator {
 public:
  Mutator(uint64_t seed, const std::vector<std::string>& seeds) : random_(seed), seeds_(seeds) {}

  std::string Next() {
    std::string text = seeds_[Below(seeds_.size())];
    const size_t steps = 1 + Below(8);
    for (size_t i = 0; i < steps; ++i) Change(&text);
    if (text.size() > kInputBytesMax) text.resize(kInputBytesMax);
    return text;
  }

 private:
  size_t Below(size_t end) { return static_cast<size_t>(random_() % end); }

  void Change(std::string* text) {
    const size_t place = Below(text->size() + 1);
    switch (Below(6)) {
      case 0:
        if (place < text->size()) (*text)[place] ^= static_cast<char>(1u << Below(8));
        break;
      case 1:
        if (place < text->size()) (*text)[place] = static_cast<char>(Below(256));
        break;
      case 2:
        text->insert(place, 1 + Below(8), static_cast<char>(Below(256)));
        break;
      case 3:
        text->erase(place, 1 + Below(16));
        break;
      case 4: {
        const std::string& other = seeds_[Below(seeds_.size())];
        const size_t begin = Below(other.size() + 1);
        text->insert(place, other.substr(begin, Below(64)));
        break;
      }
      default:
        text->resize(place);
    }
  }

  std::mt19937_64 random_;
  const std::vector<std::string>& seeds_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) {
    fmt::print(stderr, "usage: {} RUNS SEED CORPUS_DIR...\n", argv[0]);
    return 2;
  }
  const uint64_t runs = std::strtoull(argv[1], nullptr, 10);
  const uint64_t seed = std::strtoull(argv[2], nullptr, 10);
  const std::vector<std::string> seeds = ReadSeeds(argc - 3, argv + 3);

  uint64_t inputs = 0;
  for (const std::string& text : seeds) {
    Run(text);
    ++inputs;
    if (text.size() > kExhaustiveBytesMax) continue;
    for (size_t i = 0; i < text.size(); ++i) {
      Run(text.substr(0, i));
      std::string flipped = text;
      flipped[i] = static_cast<char>(~flipped[i]);
      Run(flipped);
      inputs += 2;
    }
  }
  Mutator mutator(seed, seeds);
  for (uint64_t i = 0; i < runs; ++i) Run(mutator.Next());
  fmt::print("{} seeds, {} inputs, random seed {}\n", seeds.size(), inputs + runs, seed);
  return 0;
}
