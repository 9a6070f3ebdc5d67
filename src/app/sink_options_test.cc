#include "app/sink_options.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

SinkOptions Completed(const std::string& text) {
  SinkOptions options;
  options.text = text;
  EXPECT_TRUE(CompleteSink(&options, {}).has_value()) << text;
  return options;
}

std::string Refused(const std::string& text, const BesideSink& beside = {}) {
  SinkOptions options;
  options.text = text;
  const Status status = CompleteSink(&options, beside);
  EXPECT_FALSE(status.has_value()) << text;
  EXPECT_EQ(status.error().code, ErrorCode::kUsage);
  return status.error().message;
}

TEST(SinkOptionsTest, WithoutASinkThereAreLines) {
  EXPECT_EQ(Completed("").kind, SinkKind::kLines);
  EXPECT_EQ(Completed("count").kind, SinkKind::kCount);
  EXPECT_FALSE(Completed("count").is_tables());
}

TEST(SinkOptionsTest, AnAddressOfPostgresMayBeginWithItsOwnScheme) {
  for (const char* text :
       {"postgres:postgres://me@h/db", "postgres://me@h/db", "postgresql:postgres://me@h/db"}) {
    EXPECT_EQ(Completed(text).target, "postgres://me@h/db") << text;
    EXPECT_TRUE(Completed(text).is_tables());
  }
  EXPECT_EQ(Completed("postgresql://me@h/db").target, "postgresql://me@h/db");
  EXPECT_EQ(Completed("postgres:host=/run dbname=x").target, "host=/run dbname=x");
  EXPECT_EQ(Completed("postgres:").target, "");
}

TEST(SinkOptionsTest, AFileOrAFolderFollowsItsKind) {
  EXPECT_EQ(Completed("duckdb:a:b.duckdb").kind, SinkKind::kDuckdb);
  EXPECT_EQ(Completed("duckdb:a:b.duckdb").target, "a:b.duckdb");
  EXPECT_EQ(Completed("parquet:/x y").kind, SinkKind::kParquet);
  EXPECT_EQ(Completed("parquet:/x y").target, "/x y");
  EXPECT_TRUE(Completed("parquet:x").is_tables());
  EXPECT_EQ(Refused("duckdb:"), "--sink: \"duckdb:\" names no file");
  EXPECT_EQ(Refused("parquet:"), "--sink: \"parquet:\" names no folder");
}

TEST(SinkOptionsTest, WhatIsNoSinkIsSaidWithoutWhatMayBeAPassword) {
  EXPECT_EQ(
      Refused("mysql://me:secret@h"),
      "--sink: \"mysql\" is not a sink; write count, postgres:URL, duckdb:FILE or parquet:DIR");
  EXPECT_EQ(
      Refused("Count"),
      "--sink: \"Count\" is not a sink; write count, postgres:URL, duckdb:FILE or parquet:DIR");
}

TEST(SinkOptionsTest, WhatContradictsTablesIsRefusedAndGoesWithACount) {
  BesideSink beside;
  beside.group = true;
  EXPECT_EQ(Refused("postgres:", beside),
            "-g: the tables of --sink postgres keep the position; leave it out");
  SinkOptions count;
  count.text = "count";
  EXPECT_TRUE(CompleteSink(&count, beside).has_value());
}

}  // namespace
}  // namespace tillstream
