#include "app/command_line.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "app/app_fixture.h"
#include "testing/temp_dir.h"

namespace tillstream {
namespace {

using testing::HasSubstr;

/// What a command was given; every kind of option.
class TrialCommand final : public Command {
 public:
  explicit TrialCommand(const char* name) : name_(name) {}
  const char* name() const override { return name_; }
  const char* summary() const override { return "Tries options"; }
  const char* footer() const override { return "Notes at the end.\n"; }
  void Declare(Arguments& arguments) override {
    arguments.Text("-d,--data", "DIR", &data, "Folder");
    arguments.List("--store", "ID", &stores, "Stores");
    arguments.Number("--max-skew", "DAYS", &max_skew, 0, 100, "Days");
    arguments.Flag("--repair", &repair, "Repair");
    arguments.Positional("FILE", &file, "A file");
  }
  Result<int> Run(Context&) override { return 0; }

  const char* name_;
  std::string data = "default";
  std::vector<std::string> stores;
  int64_t max_skew = 7;
  bool repair = false;
  std::string file;
};

/// Sets a variable of the environment for a test.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

class CommandLineTest : public testing::Test {
 protected:
  /// The error's message, or "" and invocation_ is set.
  std::string Parse(const std::vector<std::string>& words) {
    commands_.clear();
    commands_.push_back(std::make_unique<TrialCommand>("replay"));
    commands_.push_back(std::make_unique<TrialCommand>("log dump"));
    commands_.push_back(std::make_unique<TrialCommand>("log verify"));
    const auto parsed = ParseWords(commands_, words);
    if (!parsed) {
      EXPECT_EQ(parsed.error().code, ErrorCode::kUsage);
      return parsed.error().message;
    }
    if (const auto* answer = std::get_if<Answer>(&*parsed)) return "answer: " + answer->text;
    invocation_ = std::get<Invocation>(*parsed);
    trial_ = static_cast<TrialCommand*>(invocation_.command);
    return "";
  }

  /// Parses `words` with a configuration file of this text.
  std::string ParseWith(const std::string& toml, std::vector<std::string> words = {"replay"}) {
    std::ofstream(folder_ / "t.toml") << toml;
    words.insert(words.end(), {"--config", folder_ / "t.toml"});
    std::string message = Parse(words);
    const size_t at = message.find(folder_.path());
    if (at != std::string::npos) message.erase(at, folder_.path().size() + 1);
    return message;
  }

  TempDir folder_;
  std::vector<std::unique_ptr<Command>> commands_;
  Invocation invocation_;
  TrialCommand* trial_ = nullptr;
};

TEST_F(CommandLineTest, WithoutOptionsDefaultsStay) {
  ASSERT_EQ(Parse({"replay"}), "");
  EXPECT_STREQ(trial_->name(), "replay");
  EXPECT_EQ(trial_->data, "default");
  EXPECT_EQ(trial_->max_skew, 7);
  EXPECT_FALSE(trial_->repair);
  EXPECT_FALSE(invocation_.common.json);
  EXPECT_EQ(invocation_.common.threads, 0);
  EXPECT_EQ(invocation_.log_level, LogLevel::kInfo);
}

TEST_F(CommandLineTest, EveryKindOfOptionIsRead) {
  ASSERT_EQ(Parse({"log", "dump", "-d", "x", "--store", "A,B", "--store=C", "--max-skew", "0",
                   "--repair", "--json", "--threads", "3", "the file"}),
            "");
  EXPECT_STREQ(trial_->name(), "log dump");
  EXPECT_EQ(trial_->data, "x");
  EXPECT_EQ(trial_->stores, (std::vector<std::string>{"A", "B", "C"}));
  EXPECT_EQ(trial_->max_skew, 0);
  EXPECT_TRUE(trial_->repair);
  EXPECT_EQ(trial_->file, "the file");
  EXPECT_TRUE(invocation_.common.json);
  EXPECT_EQ(invocation_.common.threads, 3);
}

TEST_F(CommandLineTest, TheLastOfAnOptionGivenTwiceCounts) {
  ASSERT_EQ(Parse({"replay", "--data", "x", "--data", "y", "--max-skew", "1", "--max-skew", "2"}),
            "");
  EXPECT_EQ(trial_->data, "y");
  EXPECT_EQ(trial_->max_skew, 2);
}

TEST_F(CommandLineTest, ValuesMayBeginWithADash) {
  ASSERT_EQ(Parse({"replay", "--data", "-5", "--store", "-1"}), "");
  EXPECT_EQ(trial_->data, "-5");
  EXPECT_EQ(trial_->stores, (std::vector<std::string>{"-1"}));
}

TEST_F(CommandLineTest, LevelsAreRead) {
  const auto level = [&](std::vector<std::string> words) {
    words.insert(words.begin(), "replay");
    EXPECT_EQ(Parse(words), "");
    return invocation_.log_level;
  };
  EXPECT_EQ(level({"-q"}), LogLevel::kWarning);
  EXPECT_EQ(level({"--quiet"}), LogLevel::kWarning);
  EXPECT_EQ(level({"-v"}), LogLevel::kDebug);
  EXPECT_EQ(level({"--log-level", "error"}), LogLevel::kError);
  EXPECT_EQ(level({"--log-level", "debug"}), LogLevel::kDebug);
  EXPECT_EQ(level({"--log-level", "debug", "-q"}), LogLevel::kWarning);
  EXPECT_EQ(Parse({"replay", "--log-level", "loud"}),
            "--log-level: \"loud\" is not a level; write error, warning, info or debug");
}

TEST_F(CommandLineTest, UnknownWordsAreNamedWithTheNearest) {
  EXPECT_EQ(Parse({"repaly"}), "\"repaly\" is not a command; did you mean replay");
  EXPECT_EQ(Parse({"something"}), "\"something\" is not a command; see tillstream --help");
  EXPECT_EQ(Parse({"log", "verfiy"}), "\"log verfiy\" is not a command; did you mean log verify");
  EXPECT_EQ(Parse({"log", "x"}), "\"log x\" is not a command; see tillstream log --help");
  EXPECT_EQ(Parse({"replay", "--dta", "x"}),
            "--dta is not an option of replay; did you mean --data");
  EXPECT_EQ(Parse({"replay", "--dta=x"}), "--dta is not an option of replay; did you mean --data");
  EXPECT_EQ(Parse({"replay", "-z"}), "-z is not an option of replay; see tillstream replay --help");
  EXPECT_EQ(Parse({"log", "dump", "--bogus"}),
            "--bogus is not an option of log dump; see tillstream log dump --help");
  EXPECT_EQ(Parse({"replay", "a", "b"}),
            "\"b\" is one word too many for replay; see tillstream replay --help");
}

TEST_F(CommandLineTest, WordsInFrontOfTheCommandAreNotPassedOver) {
  EXPECT_EQ(Parse({"foo", "replay"}), "\"foo\" is not a command; see tillstream --help");
  EXPECT_EQ(Parse({"log", "foo", "dump"}),
            "\"log foo\" is not a command; see tillstream log --help");
  EXPECT_EQ(Parse({"--threads", "4", "replay"}),
            "--threads is not an option of tillstream; options stand behind the command, see "
            "tillstream --help");
  EXPECT_EQ(Parse({"--versoin"}),
            "--versoin is not an option of tillstream; did you mean --version");
}

TEST_F(CommandLineTest, AMissingOrSuperfluousValueIsNamed) {
  EXPECT_EQ(Parse({"replay", "--data"}), "--data: needs a value");
  EXPECT_EQ(Parse({"replay", "--store"}), "--store: needs a value");
  EXPECT_EQ(Parse({"replay", "--max-skew="}), "--max-skew: needs a value");
  EXPECT_EQ(Parse({"replay", "--repair=no"}), "--repair: takes no value");
}

TEST_F(CommandLineTest, ANumberOutsideItsRangeIsRefused) {
  for (const char* text : {"-1", "101", "x", "1x", "1.5", "99999999999999999999", "0x1", "+1"}) {
    EXPECT_EQ(Parse({"replay", "--max-skew", text}),
              fmt::format("--max-skew: \"{}\" is not a whole number from 0 to 100", text));
  }
  EXPECT_EQ(Parse({"replay", "--max-skew", "100"}), "");
  EXPECT_EQ(Parse({"replay", "--threads", "1025"}),
            "--threads: \"1025\" is not a whole number from 0 to 1024");
}

TEST_F(CommandLineTest, HelpIsAnswered) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--help"}, {"-h"}, {}}) {
    const std::string help = Parse(words);
    EXPECT_THAT(help, HasSubstr("answer: "));
    EXPECT_THAT(help, HasSubstr("replay"));
    EXPECT_THAT(help, HasSubstr("Exit codes: 0 done"));
  }
  for (const std::vector<std::string>& words : {std::vector<std::string>{"log", "dump", "--help"},
                                                {"--help", "log", "dump"},
                                                {"log", "--help", "dump"},
                                                {"log", "dump", "-h", "and", "--anything"}}) {
    const std::string help = Parse(words);
    EXPECT_THAT(help, HasSubstr("Usage: tillstream log dump [OPTIONS]"));
    EXPECT_THAT(help, HasSubstr("--max-skew DAYS=7"));
    EXPECT_THAT(help, HasSubstr("Notes at the end."));
  }
  EXPECT_THAT(Parse({"log", "--help"}), HasSubstr("Usage: tillstream log"));
  EXPECT_THAT(Parse({"log"}), HasSubstr("dump"));
}

TEST_F(CommandLineTest, TheVersionIsAnsweredWithThoseOfTheLibraries) {
  const std::string version = Parse({"--version"});
  for (const char* name : {"tillstream 0.", "fmt ", "nlohmann-json ", "lz4 ", "zstd ", "libcurl ",
                           "boost ", "libsodium ", "cli11 ", "toml++ "}) {
    EXPECT_THAT(version, HasSubstr(name));
  }
}

TEST_F(CommandLineTest, AFlagIsBeforeTheEnvironmentBeforeTheFileBeforeTheDefault) {
  const std::string toml = "data = \"of the file\"\nmax-skew = 3\nstore = [\"F\", \"G\"]\n";
  ASSERT_EQ(ParseWith(toml), "");
  EXPECT_EQ(trial_->data, "of the file");
  EXPECT_EQ(trial_->max_skew, 3);
  EXPECT_EQ(trial_->stores, (std::vector<std::string>{"F", "G"}));
  {
    const Variable data("TILLSTREAM_DATA", "of the environment");
    const Variable skew("TILLSTREAM_MAX_SKEW", "4");
    const Variable stores("TILLSTREAM_STORE", "H,I");
    ASSERT_EQ(ParseWith(toml), "");
    EXPECT_EQ(trial_->data, "of the environment");
    EXPECT_EQ(trial_->max_skew, 4);
    EXPECT_EQ(trial_->stores, (std::vector<std::string>{"H", "I"}));
    ASSERT_EQ(ParseWith(toml, {"replay", "-d", "of the flag", "--max-skew", "5", "--store", "J"}),
              "");
    EXPECT_EQ(trial_->data, "of the flag");
    EXPECT_EQ(trial_->max_skew, 5);
    EXPECT_EQ(trial_->stores, (std::vector<std::string>{"J"}));
  }
  const Variable empty("TILLSTREAM_DATA", "");
  ASSERT_EQ(ParseWith(toml), "");
  EXPECT_EQ(trial_->data, "of the file") << "an empty variable is none";
}

TEST_F(CommandLineTest, FlagsAreTrueOrFalseInEnvironmentAndFile) {
  for (const char* text : {"true", "1"}) {
    const Variable variable("TILLSTREAM_REPAIR", text);
    ASSERT_EQ(Parse({"replay"}), "");
    EXPECT_TRUE(trial_->repair);
  }
  for (const char* text : {"false", "0"}) {
    const Variable variable("TILLSTREAM_REPAIR", text);
    ASSERT_EQ(ParseWith("repair = true\n"), "");
    EXPECT_FALSE(trial_->repair);
    ASSERT_EQ(Parse({"replay", "--repair"}), "");
    EXPECT_TRUE(trial_->repair);
  }
  const Variable variable("TILLSTREAM_REPAIR", "banana");
  EXPECT_EQ(Parse({"replay"}), "TILLSTREAM_REPAIR: \"banana\" is neither true nor false");
  EXPECT_EQ(Parse({"replay", "--repair"}), "") << "it is not asked";
  ::unsetenv("TILLSTREAM_REPAIR");
  ASSERT_EQ(ParseWith("repair = true\njson = true\nquiet = true"), "");
  EXPECT_TRUE(trial_->repair);
  EXPECT_TRUE(invocation_.common.json);
  EXPECT_EQ(invocation_.log_level, LogLevel::kWarning);
  ASSERT_EQ(ParseWith("repair = false"), "");
  EXPECT_FALSE(trial_->repair);
  EXPECT_EQ(ParseWith("repair = 3"), "--config: repair: \"3\" is neither true nor false");
}

TEST_F(CommandLineTest, TheConfigurationMayBeNamedByTheEnvironment) {
  std::ofstream(folder_ / "t.toml") << "data = 'from there'";
  const Variable config("TILLSTREAM_CONFIG", (folder_ / "t.toml").c_str());
  ASSERT_EQ(Parse({"replay"}), "");
  EXPECT_EQ(trial_->data, "from there");
}

TEST_F(CommandLineTest, ACommandsTableIsBeforeTheRestOfTheFile) {
  const std::string toml = "[replay]\nmax-skew = 2\n";
  ASSERT_EQ(ParseWith("max-skew = 1\n" + toml), "");
  EXPECT_EQ(trial_->max_skew, 2);
  ASSERT_EQ(ParseWith("max-skew = 1\n" + toml, {"log", "dump"}), "");
  EXPECT_EQ(trial_->max_skew, 1);
  ASSERT_EQ(ParseWith("max-skew = 1\n[log]\nmax-skew = 4\n", {"log", "verify"}), "");
  EXPECT_EQ(trial_->max_skew, 4);
}

TEST_F(CommandLineTest, WhatTheFileMayNotHoldIsNamed) {
  EXPECT_EQ(ParseWith("dta = 1"), "--config: \"dta\" is not an option; did you mean data");
  EXPECT_EQ(ParseWith("whatever = 1"), "--config: \"whatever\" is not an option");
  EXPECT_EQ(ParseWith("[replay]\ndta = 1"),
            "--config: \"dta\" is not an option of replay; did you mean data");
  EXPECT_EQ(ParseWith("[log]\ndta = 1"),
            "--config: \"dta\" is not an option of log; did you mean data")
      << "also in the table of another command";
  EXPECT_EQ(ParseWith("[repaly]\ndata = 1"),
            "--config: table \"repaly\" is not a command; did you mean replay");
  EXPECT_EQ(ParseWith("[replay.data]\nx = 1"), "--config: data: found a table, needed a value");
  EXPECT_EQ(ParseWith("data = ['a', 'b']"), "--config: data: found 2 values, needed one");
  EXPECT_EQ(ParseWith("data = []"), "--config: data: found 0 values, needed one");
  EXPECT_EQ(ParseWith("max-skew = 1000"),
            "--max-skew: \"1000\" is not a whole number from 0 to 100");
}

TEST_F(CommandLineTest, ValuesOfEveryKindOfTomlAreTexts) {
  ASSERT_EQ(ParseWith("data = 2011-02-14"), "");
  EXPECT_EQ(trial_->data, "2011-02-14");
  ASSERT_EQ(ParseWith("data = 17"), "");
  EXPECT_EQ(trial_->data, "17");
  ASSERT_EQ(ParseWith("store = []"), "");
  EXPECT_TRUE(trial_->stores.empty());
  ASSERT_EQ(ParseWith("store = 'A'"), "");
  EXPECT_EQ(trial_->stores, (std::vector<std::string>{"A"}));
}

TEST_F(CommandLineTest, AFileThatIsNoTomlIsNamedWithItsLine) {
  EXPECT_THAT(ParseWith("data = 'x'\nmax-skew = \n"), HasSubstr("--config: t.toml:2: "));
  EXPECT_THAT(ParseWith("data = 'x'\ndata = 'y'\n"), HasSubstr("--config: t.toml:2: "));
  EXPECT_THAT(ParseWith("\xff"), HasSubstr("--config: t.toml:1: "));
  EXPECT_EQ(Parse({"replay", "--config", folder_ / "none.toml"}),
            "--config: " + (folder_ / "none.toml") + ": no such file or directory");
}

// The program's own commands.

struct Contract {
  std::vector<std::string> words;
  std::vector<std::string> options;
};

TEST(CommandsTest, EveryCommandHasTheOptionsOfTheContractInItsHelp) {
  const std::vector<Contract> contracts = {
      {{"demo"}, {"--data", "--dir", "--json"}},
      {{"check"}, {"DATA", "--limit", "--json"}},
      {{"synth"}, {"--out", "--stores", "--items", "--days", "--seed"}},
      {{"replay"}, {"--data",          "--log",
                    "-t,--topic",      "--store",
                    "--from",          "--to",
                    "--rebase-to",     "--speed",
                    "--max-skew",      "--sync",
                    "--codec",         "--segment-bytes",
                    "--repair",        "--metrics",
                    "--stalled-after", "--registry",
                    "--registry-user", "--registry-token-file",
                    "--registry-ca",   "--registry-cert",
                    "--registry-key",  "--registry-timeout",
                    "--subject",       "--no-register",
                    "--json"}},
      {{"consume"},
       {"--log", "-t,--topic", "-p,--partition", "-o,--offset", "-c,--count", "-e,--exit",
        "--store", "-g,--group", "--format", "--on-error", "--sink", "--totals", "--by", "--top",
        "--totals-topic", "--metrics", "--stalled-after", "--registry", "--json"}},
      {{"verify"},
       {"--data", "--log", "-t,--topic", "--store", "--from", "--to", "--complete", "--registry",
        "--json"}},
      {{"log", "dump"}, {"PARTITION", "--records", "--limit"}},
      {{"log", "verify"}, {"--log", "-t,--topic", "--json"}},
      {{"schema", "list"}, {"--log", "--registry", "--json"}},
      {{"schema", "show"}, {"SCHEMA", "--log", "--registry"}},
      {{"schema", "check"}, {"FILE", "--subject", "--log", "--registry", "--json"}},
      {{"schema", "register"}, {"FILE", "--subject", "--log", "--registry", "--json"}},
      {{"schema", "serve"}, {"--log", "--listen", "--users", "--guard", "--connections"}},
      {{"schema", "copy"},
       {"--log", "--registry", "--to", "--to-user", "--to-token-file", "--to-ca", "--to-cert",
        "--to-key", "--to-timeout", "--new-ids", "--force", "--execute", "--json"}},
      {{"position", "show"}, {"--log", "-t,--topic", "--json"}},
      {{"position", "set"},
       {"--to", "-b,--bootstrap-server", "-t,--topic", "--store", "--execute", "--json"}},
      {{"position", "reset"},
       {"-b,--bootstrap-server", "-t,--topic", "--store", "--execute", "--json"}},
      {{"topic", "plan"},
       {"--data", "--rebase-to", "-b,--bootstrap-server", "-t,--topic", "--json"}},
      {{"topic", "create"},
       {"--data", "-b,--bootstrap-server", "-X,--property", "-F,--property-file", "-t,--topic",
        "--replication-factor", "--execute", "--json"}},
      {{"topic", "check"}, {"--data", "-b,--bootstrap-server", "-t,--topic", "--json"}},
      {{"doctor"},
       {"--log", "-b,--bootstrap-server", "-t,--topic", "--registry", "--timeout", "--json"}},
      {{"forecast"},
       {"--data", "--log", "-b,--bootstrap-server", "-t,--topic", "--registry", "--every",
        "--wait-days", "--snapshot", "--holidays", "-e,--exit", "--no-publish", "--json"}},
      {{"forecast", "show"},
       {"--data", "--item", "--store", "--state", "--dept", "--cat", "--svg", "--past", "--table",
        "--ascii", "--holidays", "--json"}},
      {{"evaluate"},
       {"--data", "--origins", "--models", "--holidays", "--detail", "--submission",
        "--uncertainty", "--score", "--actuals", "--json"}}};
  EXPECT_EQ(contracts.size(), AllCommands().size());
  for (const Contract& contract : contracts) {
    const auto commands = AllCommands();
    std::vector<std::string> words = contract.words;
    words.emplace_back("--help");
    const auto parsed = ParseWords(commands, words);
    ASSERT_TRUE(parsed.has_value()) << contract.words[0];
    const std::string help = std::get<Answer>(*parsed).text;
    for (const std::string& option : contract.options) {
      EXPECT_THAT(help, HasSubstr("\n  " + option)) << contract.words[0];
    }
    for (const char* option :
         {"--threads", "--config", "--log-level", "-q,--quiet", "-v,--verbose", "-h,--help"}) {
      EXPECT_THAT(help, HasSubstr(std::string("\n  ") + option)) << contract.words[0];
    }
  }
}

TEST(CommandsTest, TheListOfCommandsIsInTheOrderInWhichOneMeetsThem) {
  const auto commands = AllCommands();
  const std::string help = std::get<Answer>(*ParseWords(commands, {"--help"})).text;
  size_t before = 0;
  for (const char* name : {"demo", "check", "synth", "replay", "consume", "verify", "log", "schema",
                           "position", "topic", "doctor"}) {
    const size_t at = help.find(std::string("\n  ") + name + " ");
    ASSERT_NE(at, std::string::npos) << name;
    EXPECT_GT(at, before) << name;
    before = at;
  }
}

/// Why the program's own commands refuse a line; "" when they do not.
std::string MessageOf(const std::vector<std::string>& words) {
  const auto commands = AllCommands();
  const auto parsed = ParseWords(commands, words);
  return parsed ? "" : parsed.error().message;
}

TEST(CommandsTest, WhatIsNeededIsAskedFor) {
  EXPECT_EQ(MessageOf({"replay"}), "--data: is needed; see tillstream replay --help");
  EXPECT_EQ(MessageOf({"verify"}), "--data: is needed; see tillstream verify --help");
  EXPECT_EQ(MessageOf({"check"}), "DATA: is needed; see tillstream check --help");
  EXPECT_EQ(MessageOf({"synth"}), "--out: is needed; see tillstream synth --help");
  EXPECT_EQ(MessageOf({"log", "dump"}), "PARTITION: is needed; see tillstream log dump --help");
  EXPECT_EQ(MessageOf({"schema", "show"}), "SCHEMA: is needed; see tillstream schema show --help");
  EXPECT_EQ(MessageOf({"schema", "check", "f"}),
            "--subject: is needed; see tillstream schema check --help");
  EXPECT_EQ(MessageOf({"synth", "--out", "x", "--json"}),
            "--json is not an option of synth; see tillstream synth --help");
}

TEST(CommandsTest, OptionsOfACommandThatIsAGroupTooDoNotStandBeforeAnotherOfIt) {
  EXPECT_EQ(MessageOf({"forecast", "show", "--data", "x"}), "");
  EXPECT_EQ(MessageOf({"forecast", "--data", "x", "show"}),
            "--data stands in front of \"show\"; options stand behind it");
  EXPECT_EQ(MessageOf({"forecast", "-q", "show", "--data", "x"}),
            "--quiet stands in front of \"show\"; options stand behind it");
  EXPECT_EQ(MessageOf({"forecast", "shwo"}),
            "\"shwo\" is one word too many for forecast; see tillstream forecast --help");
}

TEST(CommandsTest, EveryKindOfErrorHasItsExitCode) {
  EXPECT_EQ(ExitCodeOf(ErrorCode::kFailed), 1);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kNotFound), 1);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kUsage), 2);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kBadInput), 3);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kCorrupt), 4);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kUnavailable), 5);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kForbidden), 5);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kTimedOut), 5);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kIoError), 6);
  EXPECT_EQ(ExitCodeOf(ErrorCode::kRefused), 7);
}

}  // namespace
}  // namespace tillstream
