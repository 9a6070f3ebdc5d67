#include "app/command_line.h"

#include <toml++/toml.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <map>

#include "app/arguments.h"
#include "app/version.h"
#include "base/text.h"

namespace tillstream {
namespace {

std::string LongName(const std::string& names) {
  const size_t dashes = names.rfind("--");
  return dashes == std::string::npos ? "" : names.substr(dashes + 2);
}

std::string EnvironmentName(const std::string& name) {
  std::string result = "TILLSTREAM_";
  for (const char c : name) {
    result += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return result;
}

constexpr const char* kExitCodes =
    "Exit codes: 0 done, 1 a difference or another failure, 2 usage, 3 bad input data,\n"
    "4 corrupt log or a record that cannot be decoded, 5 server unavailable, 6 local storage\n"
    "failed, 7 refused (another writer, or another run's data); 130 and 143 stopped by a signal.\n";

/// Values of a configuration file, by option name; those of a [command] table come first.
using ConfigValues = std::map<std::string, std::vector<std::string>>;

}  // namespace

void Arguments::Remember(CLI::Option* option, const std::string& names, Kind kind) {
  declared_.push_back({option, LongName(names), kind, false});
}

void Arguments::Text(const std::string& names, const std::string& value, std::string* target,
                     const std::string& help) {
  auto* option = app_->add_option_function<std::string>(
      names, [target](const std::string& text) { *target = text; }, help);
  option->type_name(value)->default_str(*target)->take_last();
  Remember(option, names);
}

void Arguments::List(const std::string& names, const std::string& value,
                     std::vector<std::string>* target, const std::string& help) {
  auto* option = app_->add_option_function<std::vector<std::string>>(
      names, [target](const std::vector<std::string>& values) { *target = values; }, help);
  option->type_name(value)->delimiter(',')->allow_extra_args(false)->type_size(1);
  option->expected(1, CLI::detail::expected_max_vector_size);
  option->allow_extra_args(false);
  Remember(option, names, Kind::kList);
}

void Arguments::Repeated(const std::string& names, const std::string& value,
                         std::vector<std::string>* target, const std::string& help) {
  List(names, value, target, help);
  declared_.back().option->delimiter('\0');
}

void Arguments::Flag(const std::string& names, bool* target, const std::string& help) {
  auto* option =
      app_->add_flag_function(names, [target](int64_t count) { *target = count > 0; }, help);
  option->disable_flag_override();
  Remember(option, names, Kind::kFlag);
}

void Arguments::Number(const std::string& names, const std::string& value, int64_t* target,
                       int64_t minimum, int64_t maximum, const std::string& help) {
  const std::string name = "--" + LongName(names);
  auto* option = app_->add_option_function<std::string>(
      names,
      [=](const std::string& text) {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *target);
        if (error != std::errc() || end != text.data() + text.size() || *target < minimum ||
            *target > maximum) {
          throw CLI::ValidationError(fmt::format("{}: {} is not a whole number from {} to {}", name,
                                                 Quote(text), minimum, maximum));
        }
      },
      help);
  option->type_name(value)->default_str(std::to_string(*target))->take_last();
  Remember(option, names);
}

void Arguments::Positional(const std::string& value, std::string* target, const std::string& help) {
  auto* option = app_->add_option_function<std::string>(
      value, [target](const std::string& text) { *target = text; }, help);
  option->type_name("");
  Remember(option, "");
}

void Arguments::Positionals(const std::string& value, std::vector<std::string>* target,
                            const std::string& help) {
  auto* option = app_->add_option_function<std::vector<std::string>>(
      value, [target](const std::vector<std::string>& values) { *target = values; }, help);
  option->type_name("");
  Remember(option, "");
}

void Arguments::Required() { declared_.back().required = true; }

void Arguments::Hidden() {
  declared_.back().option->group("");
  declared_.pop_back();
}

/// The parser of the whole program: one library app with a subcommand a command.
class CommandLine {
 public:
  explicit CommandLine(const std::vector<std::unique_ptr<Command>>& commands) {
    app_.name("tillstream");
    app_.footer(std::string("'tillstream COMMAND --help' shows the options of a command.\n") +
                kExitCodes);
    app_.allow_extras();
    app_.set_help_flag();
    app_.add_flag("-h,--help", help_, "This text");
    app_.add_flag("--version", version_, "Versions of tillstream and its libraries");
    app_.require_subcommand(0, 1);
    for (const auto& command : commands) Add(*command);
  }

  Result<std::variant<Invocation, Answer>> Parse(int argc, const char* const* argv) {
    try {
      app_.parse(argc, argv);
      return Decide();
    } catch (const CLI::ParseError& error) {
      return MakeError(ErrorCode::kUsage, "{}", Reason(error));
    }
  }

 private:
  struct Entry {
    Command* command;
    CLI::App* app;
    Arguments arguments;
    bool help = false;
    bool quiet = false;
    bool verbose = false;
    std::string log_level = "info";
    std::string config;
    CommonOptions common;
  };

  void Add(Command& command) {
    const std::string name = command.name();
    const size_t space = name.find(' ');
    CLI::App* parent = &app_;
    if (space != std::string::npos) parent = Group(name.substr(0, space));
    CLI::App* app = parent->add_subcommand(
        space == std::string::npos ? name : name.substr(space + 1), command.summary());
    app->set_help_flag();
    app->allow_extras();
    app->footer(command.footer());
    entries_.push_back(std::make_unique<Entry>(
        Entry{&command, app, Arguments(app), false, false, false, "info", "", {}}));
    Entry& entry = *entries_.back();
    command.Declare(entry.arguments);
    Arguments& arguments = entry.arguments;
    if (command.has_json()) {
      arguments.Flag("--json", &entry.common.json, "JSON instead of a table or of sentences");
    }
    arguments.Number("--threads", "N", &entry.common.threads, 0, 1024,
                     "Threads; 0: what suits the command and the cores");
    arguments.Text("--config", "FILE", &entry.config,
                   "TOML file with options; a table [replay] concerns that command alone");
    arguments.Text("--log-level", "LEVEL", &entry.log_level, "error, warning, info or debug");
    arguments.Flag("-q,--quiet", &entry.quiet, "Warnings and errors only");
    arguments.Flag("-v,--verbose", &entry.verbose, "More messages, as --log-level debug");
    app->add_flag("-h,--help", entry.help, "This text");
  }

  CLI::App* Group(const std::string& name) {
    for (CLI::App* known : app_.get_subcommands([](CLI::App*) { return true; })) {
      if (known->get_name() == name) return known;
    }
    static const std::map<std::string, std::string> kSummaries = {
        {"log", "What is in segment files"},
        {"schema", "The schema registry"},
        {"position", "Where each generator stands"},
        {"topic", "The topics of a run on Kafka"}};
    CLI::App* group = app_.add_subcommand(name, kSummaries.at(name));
    group->set_help_flag();
    group->add_flag("-h,--help", help_, "This text");
    group->allow_extras();
    group->require_subcommand(0, 1);
    return group;
  }

  Result<std::variant<Invocation, Answer>> Decide() {
    if (version_) return std::variant<Invocation, Answer>(Answer{VersionText()});
    if (help_) return Help();
    std::string path;
    for (CLI::App* used = &app_;; used = used->get_subcommands().front()) {
      if (used != &app_) path += used->get_name() + " ";
      for (const auto& entry : entries_) {
        if (entry->app != used) continue;
        if (used->get_subcommands().empty()) return Finish(*entry);
        TILLSTREAM_TRY(RefuseOptionsBefore(*used->get_subcommands().front(), *entry));
      }
      // Words in front of a command, too: they would be ignored.
      const std::vector<std::string> extras = used->remaining();
      if (!extras.empty()) return UnknownWord(used, path, extras.front());
      if (used->get_subcommands().empty()) return Help();
    }
  }

  /// A command may also be a group of others, of which `command` is the one that is named.
  static Status RefuseOptionsBefore(const CLI::App& command, const Entry& group) {
    for (const Arguments::Declared& declared : group.arguments.declared_) {
      if (declared.option->count() == 0) continue;
      return MakeError(ErrorCode::kUsage, "--{} stands in front of {}; options stand behind it",
                       declared.name, Quote(command.get_name()));
    }
    return Ok();
  }

  /// Of the command that is named, or of the program.
  Result<std::variant<Invocation, Answer>> Help() {
    return std::variant<Invocation, Answer>(Answer{app_.help()});
  }

  /// `path` is what stands in front of `word`: empty, or "log ".
  static Error UnknownWord(CLI::App* parent, const std::string& path, const std::string& word) {
    if (word.starts_with("-")) {
      const std::vector<std::string> names = {"--help", "--version"};
      const std::string nearest = Nearest(word, names);
      return MakeError(ErrorCode::kUsage, "{} is not an option of tillstream; {}", word,
                       nearest.empty() ? "options stand behind the command, see tillstream --help"
                                       : "did you mean " + nearest);
    }
    std::vector<std::string> names;
    for (const CLI::App* app : parent->get_subcommands([](CLI::App*) { return true; })) {
      names.push_back(app->get_name());
    }
    const std::string nearest = Nearest(word, names);
    return MakeError(ErrorCode::kUsage, "{} is not a command; {}", Quote(path + word),
                     nearest.empty() ? fmt::format("see tillstream {}--help", path)
                                     : "did you mean " + path + nearest);
  }

  Result<std::variant<Invocation, Answer>> Finish(Entry& entry) {
    if (entry.help) return Help();
    TILLSTREAM_TRY(RefuseExtras(entry));
    TILLSTREAM_ASSIGN(const ConfigValues config, LoadConfig(entry));
    for (const Arguments::Declared& declared : entry.arguments.declared_) {
      TILLSTREAM_TRY(Complete(*entry.command, declared, config));
    }
    Invocation invocation;
    invocation.command = entry.command;
    invocation.common = entry.common;
    static const std::map<std::string, LogLevel> kLevels = {{"error", LogLevel::kError},
                                                            {"warning", LogLevel::kWarning},
                                                            {"info", LogLevel::kInfo},
                                                            {"debug", LogLevel::kDebug}};
    const auto level = kLevels.find(entry.log_level);
    if (level == kLevels.end()) {
      return MakeError(ErrorCode::kUsage,
                       "--log-level: {} is not a level; write error, warning, info or debug",
                       Quote(entry.log_level));
    }
    invocation.log_level = entry.quiet     ? LogLevel::kWarning
                           : entry.verbose ? LogLevel::kDebug
                                           : level->second;
    return std::variant<Invocation, Answer>(invocation);
  }

  Status RefuseExtras(const Entry& entry) {
    const std::vector<std::string> extras = entry.app->remaining();
    if (extras.empty()) return Ok();
    const std::string& word = extras.front();
    if (!word.starts_with("-")) {
      return MakeError(ErrorCode::kUsage,
                       "{} is one word too many for {}; see tillstream {} --help", Quote(word),
                       entry.command->name(), entry.command->name());
    }
    std::vector<std::string> names;
    for (const Arguments::Declared& declared : entry.arguments.declared_) {
      if (!declared.name.empty()) names.push_back("--" + declared.name);
    }
    const std::string name = word.substr(0, word.find('='));
    const std::string nearest = Nearest(name, names);
    return MakeError(
        ErrorCode::kUsage, "{} is not an option of {}; {}", name, entry.command->name(),
        nearest.empty() ? fmt::format("see tillstream {} --help", entry.command->name())
                        : "did you mean " + nearest);
  }

  /// Gives an option that is not on the command line its value from the environment or the file.
  static Status Complete(const Command& command, const Arguments::Declared& declared,
                         const ConfigValues& config) {
    CLI::Option* option = declared.option;
    if (option->count() == 0 && !declared.name.empty()) {
      const std::string variable = EnvironmentName(declared.name);
      const char* environment = std::getenv(variable.c_str());
      const auto in_file = config.find(declared.name);
      if (environment != nullptr && *environment != '\0') {
        TILLSTREAM_TRY(Give(declared, variable, {environment}));
      } else if (in_file != config.end()) {
        TILLSTREAM_TRY(Give(declared, "--config: " + declared.name, in_file->second));
      }
    }
    if (declared.required && option->count() == 0) {
      const std::string name =
          declared.name.empty() ? option->get_name(true) : "--" + declared.name;
      return MakeError(ErrorCode::kUsage, "{}: is needed; see tillstream {} --help", name,
                       command.name());
    }
    return Ok();
  }

  /// Gives an option `values` that stand at `where`.
  static Status Give(const Arguments::Declared& declared, const std::string& where,
                     std::vector<std::string> values) {
    if (declared.kind == Arguments::Kind::kFlag && values.size() == 1) {
      if (values.front() == "false" || values.front() == "0") return Ok();
      if (values.front() != "true" && values.front() != "1") {
        return MakeError(ErrorCode::kUsage, "{}: {} is neither true nor false", where,
                         Quote(values.front()));
      }
      values = {"true"};
    }
    if (declared.kind != Arguments::Kind::kList && values.size() != 1) {
      return MakeError(ErrorCode::kUsage, "{}: found {} values, needed one", where, values.size());
    }
    if (values.empty()) return Ok();
    declared.option->add_result(std::move(values));
    declared.option->run_callback();
    return Ok();
  }

  Result<ConfigValues> LoadConfig(const Entry& entry) {
    std::string path = entry.config;
    const char* environment = std::getenv("TILLSTREAM_CONFIG");
    if (path.empty() && environment != nullptr) path = environment;
    ConfigValues values;
    if (path.empty()) return values;
    const std::unique_ptr<FileSystem> files = MakePosixFileSystem();
    Result<std::string> text = ReadFile(*files, path);
    if (!text) return MakeError(ErrorCode::kUsage, "--config: {}", text.error().message);
    try {
      const toml::table table = toml::parse(*text);
      TILLSTREAM_TRY(ReadConfig(table, entry, &values));
    } catch (const toml::parse_error& error) {
      return MakeError(ErrorCode::kUsage, "--config: {}:{}: {}", path, error.source().begin.line,
                       OneLine(error.description()));
    }
    return values;
  }

  /// The whole file is checked, also what concerns other commands.
  Status ReadConfig(const toml::table& table, const Entry& entry, ConfigValues* values) {
    for (const auto& [key, node] : table) {
      if (!node.is_table()) TILLSTREAM_TRY(ReadKey("", std::string(key.str()), node, values));
    }
    const std::string command = FirstWord(entry.command->name());
    for (const auto& [key, node] : table) {
      const std::string group(key.str());
      const toml::table* own = node.as_table();
      if (own == nullptr) continue;
      TILLSTREAM_TRY(RefuseUnknownTable(group));
      ConfigValues ignored;
      for (const auto& [name, value] : *own) {
        TILLSTREAM_TRY(
            ReadKey(group, std::string(name.str()), value, group == command ? values : &ignored));
      }
    }
    return Ok();
  }

  /// Reads one key of the table of `group`; of the whole file when that is empty.
  Status ReadKey(const std::string& group, const std::string& name, const toml::node& node,
                 ConfigValues* values) {
    TILLSTREAM_TRY(RefuseUnknownKey(group, name));
    std::vector<std::string>& texts = (*values)[name];
    texts.clear();
    if (node.is_table()) {
      return MakeError(ErrorCode::kUsage, "--config: {}: found a table, needed a value", name);
    }
    if (const auto* array = node.as_array()) {
      for (const auto& item : *array) texts.push_back(ToText(item));
    } else {
      texts.push_back(ToText(node));
    }
    return Ok();
  }

  static std::string ToText(const toml::node& node) {
    if (const auto text = node.value<std::string>()) return *text;
    std::ostringstream out;
    out << toml::node_view<const toml::node>(node);
    return out.str();
  }

  Status RefuseUnknownTable(const std::string& group) {
    std::vector<std::string> names;
    for (const auto& entry : entries_) names.push_back(FirstWord(entry->command->name()));
    if (std::find(names.begin(), names.end(), group) != names.end()) return Ok();
    const std::string nearest = Nearest(group, names);
    return MakeError(ErrorCode::kUsage, "--config: table {} is not a command{}", Quote(group),
                     nearest.empty() ? "" : "; did you mean " + nearest);
  }

  Status RefuseUnknownKey(const std::string& group, const std::string& name) {
    std::vector<std::string> names;
    for (const auto& entry : entries_) {
      if (!group.empty() && FirstWord(entry->command->name()) != group) continue;
      for (const Arguments::Declared& declared : entry->arguments.declared_) {
        if (!declared.name.empty()) names.push_back(declared.name);
      }
    }
    if (std::find(names.begin(), names.end(), name) != names.end()) return Ok();
    const std::string nearest = Nearest(name, names);
    return MakeError(ErrorCode::kUsage, "--config: {} is not an option{}{}", Quote(name),
                     group.empty() ? "" : " of " + group,
                     nearest.empty() ? "" : "; did you mean " + nearest);
  }

  static std::string FirstWord(const std::string& name) { return name.substr(0, name.find(' ')); }

  static std::string OneLine(std::string_view text) {
    std::string line(text);
    std::replace(line.begin(), line.end(), '\n', ' ');
    return line;
  }

  /// The library's message in our words, where it has others.
  static std::string Reason(const CLI::ParseError& error) {
    std::string reason = error.what();
    if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
      std::string name = reason.substr(0, reason.find_first_of(": "));
      if (!name.starts_with("-")) name = "--" + name;
      const bool takes_none = reason.find("flag override") != std::string::npos;
      return name + (takes_none ? ": takes no value" : ": needs a value");
    }
    if (!reason.empty() && reason.back() == '.') reason.pop_back();
    return reason;
  }

  CLI::App app_{"Turns a retailer's sales history into a live stream of sales events, and back."};
  bool help_ = false;
  bool version_ = false;
  std::vector<std::unique_ptr<Entry>> entries_;
};

Result<std::variant<Invocation, Answer>> ParseCommandLine(
    const std::vector<std::unique_ptr<Command>>& commands, int argc, const char* const* argv) {
  return CommandLine(commands).Parse(argc, argv);
}

}  // namespace tillstream
