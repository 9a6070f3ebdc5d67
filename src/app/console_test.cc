#include "app/console.h"

#include "app/app_fixture.h"
#include "app/table.h"

namespace tillstream {
namespace {

std::string Said(LogLevel level, bool is_terminal, const std::function<void(Console&)>& speak) {
  const CapturedFile file;
  {
    Console console(level, is_terminal, file.fd());
    speak(console);
  }
  return file.Text();
}

void SayAll(Console& console) {
  console.Error("e");
  console.Warning("w");
  console.Info("i");
  console.Debug("d");
}

TEST(ConsoleTest, ALevelShowsItselfAndWhatIsWorse) {
  EXPECT_EQ(Said(LogLevel::kError, false, SayAll), "error: e\n");
  EXPECT_EQ(Said(LogLevel::kWarning, false, SayAll), "error: e\nwarning: w\n");
  EXPECT_EQ(Said(LogLevel::kInfo, false, SayAll), "error: e\nwarning: w\ni\n");
  EXPECT_EQ(Said(LogLevel::kDebug, false, SayAll), "error: e\nwarning: w\ni\nd\n");
}

TEST(ConsoleTest, ProgressIsForTerminalsThatAreNotQuiet) {
  const auto progress = [](Console& console) { console.Progress("half"); };
  EXPECT_EQ(Said(LogLevel::kInfo, false, progress), "");
  EXPECT_EQ(Said(LogLevel::kWarning, true, progress), "");
  EXPECT_EQ(Said(LogLevel::kInfo, true, progress), "\r\x1b[Khalf\r\x1b[K");
}

TEST(ConsoleTest, ALineTakesTheProgressAwayFirst) {
  EXPECT_EQ(Said(LogLevel::kInfo, true,
                 [](Console& console) {
                   console.Progress("half");
                   console.Info("news");
                   console.EndProgress();
                 }),
            "\r\x1b[Khalf\r\x1b[Knews\n");
}

TEST(ConsoleTest, ProgressOfSeveralLinesIsTakenAwayWhole) {
  EXPECT_EQ(Said(LogLevel::kInfo, true,
                 [](Console& console) {
                   console.Progress("a\nb\nc");
                   console.Progress("d\ne");
                   console.Info("news");
                   console.Progress("f");
                 }),
            "\r\x1b[Ka\nb\nc\r\x1b[2A\x1b[Jd\ne\r\x1b[1A\x1b[Jnews\n\r\x1b[Kf\r\x1b[K");
}

TEST(ConsoleTest, ProgressFitsTheTerminal) {
  EXPECT_EQ(FitToTerminal("store\nCA_1 17\nd_5", 0, 0), "store\nCA_1 17\nd_5");
  EXPECT_EQ(FitToTerminal("store\nCA_1 17\nd_5", 5, 3), "store\nCA_1 \nd_5");
  EXPECT_EQ(FitToTerminal("store\nCA_1 17\nd_5", 80, 2), "d_5");
  EXPECT_EQ(FitToTerminal("store\nCA_1 17\nd_5", 2, 1), "d_");
  EXPECT_EQ(FitToTerminal("\xc3\xa9\xc3\xa9\xc3\xa9", 2, 1), "\xc3\xa9\xc3\xa9");
  EXPECT_EQ(FitToTerminal("", 2, 1), "");
}

TEST(TableTest, NumbersAreRightAndWordsAreLeft) {
  Table table({"store", "events", "place"});
  table.Add({"CA_1", "1,234", "d_5"});
  table.Add({"X", "5", "the end"});
  EXPECT_EQ(table.ToString(),
            "store  events  place\n"
            "CA_1    1,234  d_5\n"
            "X           5  the end\n");
}

TEST(TableTest, NegativeNumbersDatesAndEmptyCellsAreNumbers) {
  Table table({"a", "b", "c"});
  table.Add({"-5", "2011-01-29", ""});
  table.Add({"17", "2011-01-30", "3"});
  EXPECT_EQ(table.ToString(),
            " a           b  c\n"
            "-5  2011-01-29\n"
            "17  2011-01-30  3\n");
}

TEST(TableTest, AColumnWithOneWordIsLeft) {
  Table table({"n", "z"});
  table.Add({"5", "1"});
  table.Add({"-", "1"});
  EXPECT_EQ(table.ToString(), "n  z\n5  1\n-  1\n");
}

TEST(TableTest, AHeaderAloneIsATable) { EXPECT_EQ(Table({"a", "b"}).ToString(), "a  b\n"); }

}  // namespace
}  // namespace tillstream
