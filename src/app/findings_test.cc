#include "app/findings.h"

#include <gtest/gtest.h>

namespace tillstream {
namespace {

TEST(FindingsTest, WhatToDoIsBehindTheFirstSemicolon) {
  Findings findings;
  findings.Ok("cluster", "3 brokers; 1 of them the controller");
  findings.Error("broker 1", "away; start it; or wait");
  findings.Warning("library", "old");
  EXPECT_EQ(findings.Count(FindingLevel::kError), 1);
  EXPECT_EQ(findings.Count(FindingLevel::kWarning), 1);
  EXPECT_EQ(findings.all()[0].remedy, "");
  EXPECT_EQ(findings.all()[1].found, "away");
  EXPECT_EQ(findings.all()[1].remedy, "start it; or wait");
  EXPECT_EQ(findings.ToText(),
            "level    what      found\n"
            "ok       cluster   3 brokers; 1 of them the controller\n"
            "error    broker 1  away; start it; or wait\n"
            "warning  library   old\n");
}

TEST(FindingsTest, JsonHasEachPart) {
  Findings findings;
  findings.Error("broker 1", "away; start it");
  EXPECT_EQ(findings.ToJson(),
            "[{\"level\":\"error\",\"what\":\"broker 1\",\"found\":\"away\",\"remedy\":\"start "
            "it\"}]\n");
}

}  // namespace
}  // namespace tillstream
