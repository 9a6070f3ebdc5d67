#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tillstream {

/// Declares the options of one subcommand. Each declaration names the variable that receives the
/// value; what the variable holds at that moment is the default that `--help` shows. A thin layer
/// over the command line library, so that only command_line.cc pays for compiling it.
///
/// Every option can also stand in the environment as TILLSTREAM_<NAME> and in the file of
/// `--config`, in this order of precedence: flag, environment, file, default.
class Arguments {
 public:
  /// A text: `--data DIR`. `names` as in "-t,--topic"; `value` is what the help calls the value.
  void Text(const std::string& names, const std::string& value, std::string* target,
            const std::string& help);

  /// May be given several times, or as a list separated by commas.
  void List(const std::string& names, const std::string& value, std::vector<std::string>* target,
            const std::string& help);

  /// May be given several times; a comma is part of the value.
  void Repeated(const std::string& names, const std::string& value,
                std::vector<std::string>* target, const std::string& help);

  /// Is there or not; "true" or "false" in the environment and in the file.
  void Flag(const std::string& names, bool* target, const std::string& help);

  /// A whole number in [minimum, maximum].
  void Number(const std::string& names, const std::string& value, int64_t* target, int64_t minimum,
              int64_t maximum, const std::string& help);

  /// A value without a name: `check DATA`.
  void Positional(const std::string& value, std::string* target, const std::string& help);
  /// The same for any number of values.
  void Positionals(const std::string& value, std::vector<std::string>* target,
                   const std::string& help);

  /// The option declared last must be given.
  void Required();

  /// The option declared last is not for people: --help does not show it, and it stands on the
  /// command line only.
  void Hidden();

 private:
  friend class CommandLine;

  enum class Kind { kValue, kList, kFlag };

  struct Declared {
    CLI::Option* option;
    std::string name;  ///< Without dashes: "max-skew"; empty for a value without a name.
    Kind kind = Kind::kValue;
    bool required = false;
  };

  explicit Arguments(CLI::App* app) : app_(app) {}
  void Remember(CLI::Option* option, const std::string& names, Kind kind = Kind::kValue);

  CLI::App* app_;
  std::vector<Declared> declared_;
};

}  // namespace tillstream
