// doctor over an embedded log; tests/kafka/ has it over a cluster.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/app_fixture.h"
#include "testing/temp_dir.h"

namespace tillstream {
namespace {

using testing::HasSubstr;

/// On real files, since it looks at the disk.
class DoctorTest : public AppTest {
 protected:
  DoctorTest() {
    std::filesystem::create_directory(folder_ / "data");
    SmallDataset().Write(folder_ / "data");
  }
  FileSystem& files() override { return *real_files_; }

  int Replay() { return Run({"replay", "--data", folder_ / "data", "--log", log()}); }
  int Doctor(std::vector<std::string> options = {}) {
    options.insert(options.begin(), {"doctor", "--log", log()});
    return Run(options);
  }
  std::string log() const { return folder_ / "log"; }
  /// Every file of the log with its content.
  std::map<std::string, std::string> Contents() const {
    std::map<std::string, std::string> contents;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(log())) {
      if (!entry.is_regular_file()) continue;
      std::ostringstream text;
      text << std::ifstream(entry.path()).rdbuf();
      contents[entry.path()] = text.str();
    }
    return contents;
  }

  std::unique_ptr<FileSystem> real_files_ = MakePosixFileSystem();
  TempDir folder_;
};

TEST_F(DoctorTest, ARunThatIsRightHasNoErrorAndNothingIsChanged) {
  ASSERT_EQ(Replay(), 0);
  const auto before = Contents();
  EXPECT_EQ(Doctor(), 0) << out_ << err_;
  EXPECT_THAT(out_, HasSubstr(" can be written\n"));
  EXPECT_THAT(out_, HasSubstr("2 stores from 2011-01-29 on\n"));
  EXPECT_THAT(out_, HasSubstr("60 of 60 events are written\n"));
  EXPECT_THAT(out_, HasSubstr("answers: 2 subjects, 2 versions\n"));
  EXPECT_THAT(out_, HasSubstr("m5.forecasting.avro.StoreDay, subject \"sales-days-value\"\n"));
  EXPECT_THAT(err_, HasSubstr("0 errors, "));
  EXPECT_EQ(Contents(), before);
}

TEST_F(DoctorTest, WithoutALogItSaysWhatMakesOneAndMakesNone) {
  EXPECT_EQ(Doctor(), 0);
  EXPECT_THAT(out_, HasSubstr("not there; tillstream replay --data DIR --log "));
  EXPECT_FALSE(std::filesystem::exists(log()));
}

TEST_F(DoctorTest, ADamagedManifestIsAnErrorInJsonToo) {
  ASSERT_EQ(Replay(), 0);
  std::ofstream(log() + "/sales.run.json") << "{";
  EXPECT_EQ(Doctor({"--json"}), 1);
  EXPECT_THAT(out_, HasSubstr("{\"level\":\"error\",\"what\":\"run\","));
  EXPECT_THAT(out_, HasSubstr("sales.run.json"));
}

TEST_F(DoctorTest, ARunWithIdsOfARegistryNeedsIt) {
  ASSERT_EQ(Replay(), 0);
  const std::string path = log() + "/sales.run.json";
  std::string text = Contents().at(path);
  const std::string word = "\"schemas\": \"log\"";
  text.replace(text.find(word), word.size(), "\"schemas\": \"registry\"");
  std::ofstream(path) << text;
  EXPECT_EQ(Doctor(), 0);
  EXPECT_THAT(out_, HasSubstr("not looked at; give it with --registry URL\n"));
  EXPECT_EQ(Doctor({"--registry", "http://127.0.0.1:1", "--registry-timeout", "100ms"}), 1);
  EXPECT_THAT(out_, HasSubstr("; check --registry, and whether it runs\n"));
}

TEST_F(DoctorTest, OptionsAreCheckedFirst) {
  EXPECT_EQ(Doctor({"--timeout", "soon"}), 2);
  EXPECT_EQ(err_, "error: --timeout: \"soon\" is not a time from 100ms to 5min; write 5s\n");
}

}  // namespace
}  // namespace tillstream
