#include "web/user_file.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "testing/memory_files.h"

namespace tillstream {
namespace {

// All of "correct horse".
constexpr const char* kSha512 =
    "$6$rounds=1000$saltsalt$4GMtaIz3E1AdDi2SmCokEW0ehi.HdxNDcL3fGE1XXuzvo6kbx7UOloZKONqEk5H3JrQA4N"
    "OfU8BmqFPrpGqwA1";
constexpr const char* kHashes[] = {
    "$2y$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "$5$rounds=1000$saltsalt$R6e4P8ccT9iMqkYg7Z8YtpId/lfsIfnuPkp8WXposU8",
    "$5$saltsalt$myjXcpMpE2Ofk7fj9hqyNYSn6lmWG4Mqnjx.KIRRr4/",
    kSha512,
    "$y$j75$saltsaltsaltsaltsalts/$w7kcJvMsdikXp0KWQzojGrai0cAVx534zqdDo/jsJi/",
};

constexpr const char* kAliceSecret = "Basic YWxpY2U6c2VjcmV0";             // alice:secret
constexpr const char* kAliceHorse = "Basic YWxpY2U6Y29ycmVjdCBob3JzZQ==";  // alice:correct horse
constexpr const char* kBobHorse = "Basic Ym9iOmNvcnJlY3QgaG9yc2U=";        // bob:correct horse

std::string Line(std::string_view user, std::string_view password) {
  return fmt::format("{}:{}\n", user, password);
}

Result<std::unique_ptr<UserFile>> OpenUsers(const std::string& text) {
  MemoryFiles files;
  files.contents["users"] = text;
  return UserFile::Open(files, "users");
}

std::string MessageOf(const std::string& text) {
  const auto users = OpenUsers(text);
  if (users) return "";
  EXPECT_EQ(users.error().code, ErrorCode::kUsage);
  return users.error().message;
}

TEST(UserFileTest, PlainPasswordsAreAccepted) {
  const auto users = OpenUsers("# who may\n\nalice:secret\r\nbob:with:colons");
  ASSERT_TRUE(users.has_value()) << users.error().message;
  EXPECT_EQ((*users)->user_count(), 2U);
  EXPECT_TRUE((*users)->Accepts(kAliceSecret));
  EXPECT_TRUE((*users)->Accepts("bAsIc  YWxpY2U6c2VjcmV0"));
  EXPECT_TRUE((*users)->Accepts("Basic Ym9iOndpdGg6Y29sb25z"));  // bob:with:colons
  EXPECT_FALSE((*users)->Accepts(kAliceHorse));
  EXPECT_FALSE((*users)->Accepts(kBobHorse));
  EXPECT_TRUE((*users)->IsQuick(kBobHorse));
}

TEST(UserFileTest, EveryKindOfHashIsAccepted) {
  for (const std::string hash : kHashes) {
    const auto users = OpenUsers(Line("alice", hash));
    ASSERT_TRUE(users.has_value()) << users.error().message;
    EXPECT_TRUE((*users)->Accepts(kAliceHorse)) << hash;
    EXPECT_FALSE((*users)->Accepts(kAliceSecret)) << hash;
    EXPECT_FALSE((*users)->Accepts(kBobHorse)) << hash;
    EXPECT_TRUE((*users)->Accepts(kAliceHorse)) << hash;
  }
}

TEST(UserFileTest, HashIsComputedOnceForWhatIsRightAndAlwaysForWhatIsNot) {
  const auto users = OpenUsers(Line("alice", kHashes[0]) + "carol:secret\n");
  ASSERT_TRUE(users.has_value());
  EXPECT_FALSE((*users)->IsQuick(kAliceHorse));
  ASSERT_TRUE((*users)->Accepts(kAliceHorse));
  EXPECT_TRUE((*users)->IsQuick(kAliceHorse));
  ASSERT_FALSE((*users)->Accepts(kAliceSecret));
  EXPECT_FALSE((*users)->IsQuick(kAliceSecret));
  EXPECT_TRUE((*users)->IsQuick(kAliceHorse));                // not forgotten for a wrong one
  EXPECT_FALSE((*users)->IsQuick(kBobHorse));                 // unknown
  EXPECT_TRUE((*users)->IsQuick("Basic Y2Fyb2w6c2VjcmV0"));   // carol:secret
  EXPECT_FALSE((*users)->IsQuick("Basic Y2Fyb2w6c2VjcmV1"));  // carol:secreu
  EXPECT_FALSE((*users)->Accepts("Basic Y2Fyb2w6c2VjcmV1"));
}

TEST(UserFileTest, HashIsNoPassword) {
  const auto users = OpenUsers("alice:$5$saltsalt$myjXcpMpE2Ofk7fj9hqyNYSn6lmWG4Mqnjx.KIRRr4/\n");
  ASSERT_TRUE(users.has_value());
  EXPECT_FALSE((*users)->Accepts(
      "Basic "
      "YWxpY2U6JDUkc2FsdHNhbHQkbXlqWGNwTXBFMk9mazdmajlocXlOWVNuNmxtV0c0TXFuanguS0lSUnI0Lw=="));
}

TEST(UserFileTest, MalformedHeadersAreRefusedQuickly) {
  const auto users = OpenUsers(Line("alice", kHashes[0]));
  ASSERT_TRUE(users.has_value());
  for (const char* header : {
           "", "Basic", "Basic ", "Bearer YWxpY2U6c2VjcmV0", "BasicYWxpY2U6c2VjcmV0",
           "Basic YWxpY2U6c2VjcmV0!", "Basic YWxpY2U6c2VjcmV0====",
           "Basic YWxpY2U6c2Vjc",                 // no whole bytes
           "Basic YWxpY2U=",                      // no colon
           "Basic YWxpY2U6Y29ycmVjdCBob3JzZQB4",  // "alice:correct horse\0x"
       }) {
    EXPECT_TRUE((*users)->IsQuick(header)) << header;
    EXPECT_FALSE((*users)->Accepts(header)) << header;
  }
}

TEST(UserFileTest, PasswordLongerThanLibcryptTakesIsRefused) {
  const auto users = OpenUsers(Line("alice", kHashes[2]));
  ASSERT_TRUE(users.has_value());
  std::string header = "Basic YWxpY2U6";  // alice:
  for (int i = 0; i < 1000; ++i) header += "YWFh";
  EXPECT_FALSE((*users)->Accepts(header));
}

TEST(UserFileTest, FaultsNameTheirLine) {
  EXPECT_EQ(MessageOf(""), "users: needed lines USER:PASSWORD");
  EXPECT_EQ(MessageOf("# nobody\n\n"), "users: needed lines USER:PASSWORD");
  EXPECT_EQ(MessageOf("a:b\nalice\n"), "users:2: needed USER:PASSWORD");
  EXPECT_EQ(MessageOf(":secret\n"), "users:1: needed USER:PASSWORD");
  EXPECT_EQ(MessageOf("alice:\n"), "users:1: needed USER:PASSWORD");
  EXPECT_EQ(MessageOf("a:b\n\na:c\n"), "users:3: \"a\" stands in line 1 already");
  EXPECT_EQ(MessageOf("a:\xFF\n"), "users:1: needed UTF-8 without control characters");
}

TEST(UserFileTest, HashesThatCannotBeCheckedAreSaid) {
  for (const std::string hash :
       {"$apr1$saltsalt$abcdefghijklmnopqrstuv", "$1$saltsalt$abcdefghijklmnopqrstuv", "$ecret",
        "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=", "$2y$04$abcdefghijklmnopqrstuujydOTSfIH",
        "$2y$99$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", "$5$saltsalt$short"}) {
    EXPECT_EQ(MessageOf(Line("a", hash)),
              "users:1: the password of \"a\" is hashed in a way that is not known here; write it "
              "with htpasswd -B or mkpasswd");
  }
}

TEST(UserFileTest, MissingFileIsSaid) {
  MemoryFiles files;
  EXPECT_FALSE(UserFile::Open(files, "users").has_value());
}

}  // namespace
}  // namespace tillstream
