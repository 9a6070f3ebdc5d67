#include "consume/verifier.h"

#include <cmath>
#include <functional>

#include "consume/consume_fixture.h"
#include "model/partitioner.h"

namespace tillstream {
namespace {

/// The first store of a small dataset (3 items, 10 days), written as its generator does, with
/// faults that a test plants. The data goes to d_10, the calendar to d_14.
class VerifierTest : public StreamTest {
 protected:
  VerifierTest() {
    dataset_ = LoadSmall(SmallDataset());
    events_ = EventsOf(dataset_, 0, Day(1), Day(11));
    days_ = TotalsOf(dataset_, 0, Day(1), Day(11));
  }

  StoreVerification Verify(Day from = Day(1), Day to = Day(11)) {
    BeginLog();
    Write("sales", 0, events_);
    Write("sales-days", 0, days_);
    VerifyOptions options;
    options.from = from;
    options.to = to;
    const Result<StoreVerification> result =
        VerifyStore(*log_, *registry_, *dataset_.stores[0], *dataset_.calendar, options, {});
    TILLSTREAM_CHECK_MSG(result.has_value(), result ? "" : result.error().message);
    return *result;
  }

  /// The event of an item (0 to 2) on a day.
  MadeRecord& EventAt(int32_t day, size_t item) {
    return events_[static_cast<size_t>(day - 1) * 3 + item];
  }

  /// Writes another value into an event or a total.
  template <typename T>
  void Change(MadeRecord& record, const std::function<void(T*)>& change) {
    T value;
    const std::string payload = record.value.substr(kFrameBytes);
    if constexpr (std::is_same_v<T, SalesRecord>) {
      SalesDecoder decoder = *SalesDecoder::Make(SalesRecordSchema());
      TILLSTREAM_CHECK(decoder.Decode(payload, &value).has_value());
    } else {
      StoreDayDecoder decoder = *StoreDayDecoder::Make(StoreDaySchema());
      TILLSTREAM_CHECK(decoder.Decode(payload, &value).has_value());
    }
    change(&value);
    record.value = Framed(value);
  }

  static std::string Counts(const StoreVerification& v) {
    return fmt::format(
        "equal {} different {} missing {} repeated {} foreign {}, totals {} wrong {}",
        v.events_equal, v.events_different, v.events_missing, v.events_repeated, v.events_foreign,
        v.totals_equal, v.totals_wrong);
  }

  Dataset dataset_;
  std::vector<MadeRecord> events_;
  std::vector<MadeRecord> days_;
};

constexpr const char* kAllEqual =
    "equal 30 different 0 missing 0 repeated 0 foreign 0, totals 10 wrong 0";

TEST_F(VerifierTest, AStreamThatIsTheDataIsCleanAndComplete) {
  const StoreVerification v = Verify();
  EXPECT_EQ(Counts(v), kAllEqual);
  EXPECT_TRUE(v.clean());
  EXPECT_TRUE(v.complete);
  EXPECT_EQ(v.store_id, "CA_1");
  EXPECT_EQ(v.events_expected, 30);
  EXPECT_EQ(v.totals_expected, 10);
  EXPECT_EQ(v.next_day, Day(11));
  EXPECT_TRUE(v.differences.empty());
}

TEST_F(VerifierTest, AStreamThatIsNotAtItsEndStandsAtADayAndIsClean) {
  events_.resize(14);
  days_.resize(4);
  const StoreVerification v = Verify();
  EXPECT_EQ(Counts(v), "equal 14 different 0 missing 0 repeated 0 foreign 0, totals 4 wrong 0");
  EXPECT_TRUE(v.clean());
  EXPECT_FALSE(v.complete);
  EXPECT_EQ(v.next_day, Day(5));
}

TEST_F(VerifierTest, ADayStandsUntilItsTotalIsThere) {
  events_.resize(15);
  days_.resize(4);
  EXPECT_EQ(Verify().next_day, Day(5));
}

TEST_F(VerifierTest, AnEmptyLogStandsAtTheFirstDay) {
  events_.clear();
  days_.clear();
  const StoreVerification v = Verify();
  EXPECT_TRUE(v.clean());
  EXPECT_FALSE(v.complete);
  EXPECT_EQ(v.next_day, Day(1));
}

TEST_F(VerifierTest, EveryChangedFieldOfAnEventIsFound) {
  struct Planted {
    std::function<void(SalesRecord*)> change;
    const char* difference;
  };
  const std::vector<MadeRecord> untouched = events_;
  for (const Planted& planted :
       {Planted{[](SalesRecord* s) { s->sold = 12'345; }, "sold is 12345, needed 0"},
        Planted{[](SalesRecord* s) { s->sell_price = 2.01F; }, "sell_price is 2.01, needed 2"},
        Planted{[](SalesRecord* s) { s->sell_price.reset(); }, "sell_price is null, needed 2"},
        Planted{[](SalesRecord* s) { s->sell_price = NAN; }, "sell_price is nan, needed 2"},
        Planted{[](SalesRecord* s) { s->store_id = "CA_2"; },
                "store is CA_2 in CA, needed CA_1 in CA"},
        Planted{[](SalesRecord* s) { s->state_id = "TX"; },
                "store is CA_1 in TX, needed CA_1 in CA"},
        Planted{[](SalesRecord* s) { s->dept_id = "FOODS_2"; },
                "department is FOODS_2 of FOODS, needed FOODS_1 of FOODS"},
        Planted{[](SalesRecord* s) { s->cat_id = "HOBBIES"; },
                "department is FOODS_1 of HOBBIES, needed FOODS_1 of FOODS"}}) {
    SCOPED_TRACE(planted.difference);
    events_ = untouched;
    Change<SalesRecord>(EventAt(2, 1), planted.change);
    const StoreVerification v = Verify();
    EXPECT_EQ(Counts(v), "equal 29 different 1 missing 0 repeated 0 foreign 0, totals 10 wrong 0");
    EXPECT_FALSE(v.clean());
    EXPECT_TRUE(v.complete);
    ASSERT_EQ(v.differences.size(), 1U);
    EXPECT_EQ(v.differences[0],
              std::string("sales-0 offset 4: FOODS_1_002 d_2: ") + planted.difference);
  }
}

TEST_F(VerifierTest, AWrongKeyIsADifference) {
  for (const char* key : {"", "FOODS_1_002_TX_1", "FOODS_1_002-CA_1", "FOODS_1_002_CA_1x",
                          "xFOODS_1_002_CA_1", "FOODS_1_001_CA_1"}) {
    EventAt(2, 1).key = key;
    const StoreVerification v = Verify();
    EXPECT_EQ(Counts(v), "equal 29 different 1 missing 0 repeated 0 foreign 0, totals 10 wrong 0");
    ASSERT_EQ(v.differences.size(), 1U);
    EXPECT_EQ(v.differences[0],
              fmt::format("sales-0 offset 4: FOODS_1_002 d_2: key is \"{}\", needed "
                          "\"FOODS_1_002_CA_1\"",
                          key));
  }
}

TEST_F(VerifierTest, AWrongTimestampIsADifferenceAndEndsNothing) {
  const Timestamp right = EventAt(2, 1).timestamp;
  for (const int64_t milliseconds : {-1, 1, 20 * 86'400'000}) {
    for (const Day to : {Day(11), Day(6)}) {
      EventAt(2, 1).timestamp = right + milliseconds;
      const StoreVerification v = Verify(Day(1), to);
      EXPECT_EQ(v.events_different, 1);
      EXPECT_EQ(v.events_equal, v.events_expected - 1);
      EXPECT_EQ(v.events_missing + v.events_foreign + v.events_repeated, 0);
      EXPECT_TRUE(v.complete);
      ASSERT_EQ(v.differences.size(), 1U);
      EXPECT_EQ(v.differences[0],
                fmt::format("sales-0 offset 4: FOODS_1_002 d_2: timestamp is {}, needed {}",
                            (right + milliseconds).value(), right.value()));
    }
  }
}

TEST_F(VerifierTest, MissingEventsAreCountedWhereTheNextOneStands) {
  events_.erase(events_.begin() + 4, events_.begin() + 9);
  const StoreVerification v = Verify();
  EXPECT_EQ(Counts(v), "equal 25 different 0 missing 5 repeated 0 foreign 0, totals 10 wrong 0");
  ASSERT_EQ(v.differences.size(), 1U);
  EXPECT_EQ(v.differences[0], "sales-0 offset 4: 5 events before FOODS_1_001 d_4 are missing");
}

TEST_F(VerifierTest, MissingEventsAtTheEndOfARangeAreMissingWhenTheLogGoesOn) {
  events_.erase(events_.begin() + 14);  // the last of d_5
  days_.erase(days_.begin() + 4);
  const StoreVerification v = Verify(Day(1), Day(6));
  EXPECT_EQ(Counts(v), "equal 14 different 0 missing 1 repeated 0 foreign 0, totals 4 wrong 1");
  EXPECT_FALSE(v.clean());
  ASSERT_EQ(v.differences.size(), 2U);
  EXPECT_EQ(v.differences[0], "sales-0 offset 14: 1 events before it are missing");
  EXPECT_EQ(v.differences[1], "sales-days-0 offset 4: 1 totals from d_5 on are missing before it");
}

TEST_F(VerifierTest, ARepeatedEventIsFound) {
  events_.insert(events_.begin() + 5, EventAt(2, 1));
  const StoreVerification v = Verify();
  EXPECT_EQ(Counts(v), "equal 30 different 0 missing 0 repeated 1 foreign 0, totals 10 wrong 0");
  ASSERT_EQ(v.differences.size(), 1U);
  EXPECT_EQ(v.differences[0], "sales-0 offset 5: FOODS_1_002 d_2: repeated or out of order");
}

TEST_F(VerifierTest, TwoEventsThatChangedPlacesAreFound) {
  std::swap(EventAt(2, 0), EventAt(2, 1));
  const StoreVerification v = Verify();
  EXPECT_EQ(Counts(v), "equal 29 different 0 missing 1 repeated 1 foreign 0, totals 10 wrong 0");
}

TEST_F(VerifierTest, AWholeStreamTwiceIsFound) {
  const std::vector<MadeRecord> once = events_;
  events_.insert(events_.end(), once.begin(), once.end());
  const StoreVerification v = Verify();
  EXPECT_EQ(Counts(v), "equal 30 different 0 missing 0 repeated 30 foreign 0, totals 10 wrong 0");
  EXPECT_EQ(v.differences.size(), kDifferencesKept) << "the rest is counted";
}

TEST_F(VerifierTest, ForeignEventsAreFound) {
  const auto foreign = [&](const std::function<void(SalesRecord*)>& change) {
    MadeRecord record = EventAt(2, 1);
    Change<SalesRecord>(record, change);
    return record;
  };
  events_.insert(events_.begin() + 5, foreign([](SalesRecord* s) { s->item_id = "NEW_1_001"; }));
  events_.insert(events_.begin() + 6, foreign([](SalesRecord* s) { s->day = Day(0); }));
  events_.insert(events_.begin() + 7, foreign([](SalesRecord* s) { s->day = Day(11); }));
  events_.insert(events_.begin() + 8, foreign([](SalesRecord* s) { s->store_id = "TX_1"; }));
  const StoreVerification v = Verify();
  EXPECT_EQ(Counts(v), "equal 30 different 0 missing 0 repeated 0 foreign 4, totals 10 wrong 0");
  ASSERT_EQ(v.differences.size(), 4U);
  EXPECT_EQ(v.differences[0],
            "sales-0 offset 5: NEW_1_001 d_2 of store CA_1 is none of the events to compare");
  EXPECT_EQ(v.differences[1],
            "sales-0 offset 6: FOODS_1_002 d_0 of store CA_1 is none of the events to compare");
}

TEST_F(VerifierTest, EventsBeyondTheDataAreForeignThoughTheCalendarGoesOn) {
  SmallDataset longer;
  longer.days = 12;
  const Dataset more = LoadSmall(longer);
  events_ = EventsOf(more, 0, Day(1), Day(13));
  days_ = TotalsOf(more, 0, Day(1), Day(13));
  const StoreVerification v = Verify();
  EXPECT_EQ(Counts(v), "equal 30 different 0 missing 0 repeated 0 foreign 6, totals 10 wrong 2");
  EXPECT_FALSE(v.clean());
  EXPECT_TRUE(v.complete);
  EXPECT_EQ(v.differences[0],
            "sales-0 offset 30: FOODS_1_001 d_11 of store CA_1 is none of the events to compare");
}

TEST_F(VerifierTest, WhatCannotBeDecodedIsForeign) {
  events_.insert(events_.begin() + 3, {"k", "x", EventAt(2, 0).timestamp});
  events_.insert(events_.begin() + 4, {"k", "", EventAt(2, 0).timestamp, false});
  events_.insert(events_.begin() + 5, {"k", days_[0].value, EventAt(2, 0).timestamp});
  const StoreVerification v = Verify();
  EXPECT_EQ(Counts(v), "equal 30 different 0 missing 0 repeated 0 foreign 3, totals 10 wrong 0");
  ASSERT_EQ(v.differences.size(), 3U);
  EXPECT_EQ(
      v.differences[0],
      "sales-0 offset 3: frame: found 1 bytes, needed at least 5: a zero byte and a schema id");
  EXPECT_EQ(v.differences[1], "sales-0 offset 4: not a SalesRecord");
  EXPECT_EQ(v.differences[2], "sales-0 offset 5: not a SalesRecord");
}

TEST_F(VerifierTest, EveryChangedFieldOfATotalIsFound) {
  struct Planted {
    std::function<void(StoreDay*)> change;
    const char* difference;
  };
  const std::vector<MadeRecord> untouched = days_;
  for (const Planted& planted :
       {Planted{[](StoreDay* t) { t->events = 2; }, "events is 2, needed 3"},
        Planted{[](StoreDay* t) { t->units = 77; }, "units is 77, needed 2"},
        Planted{[](StoreDay* t) { t->revenue_cents = 1; }, "revenue_cents is 1, needed 202"},
        Planted{[](StoreDay* t) { t->unpriced_units = 1; }, "unpriced_units is 1, needed 0"},
        Planted{[](StoreDay* t) { t->revision = 1; }, "revision is 1, needed 0"},
        Planted{[](StoreDay* t) { t->date += std::chrono::days(1); },
                "date is 2011-02-01, needed 2011-01-31"},
        Planted{[](StoreDay* t) { t->store_id = "CA_9"; },
                "store is CA_9 in CA, needed CA_1 in CA"},
        Planted{[](StoreDay* t) { t->state_id = "TX"; },
                "store is CA_1 in TX, needed CA_1 in CA"}}) {
    SCOPED_TRACE(planted.difference);
    days_ = untouched;
    Change<StoreDay>(days_[2], planted.change);
    const StoreVerification v = Verify();
    EXPECT_EQ(Counts(v), "equal 30 different 0 missing 0 repeated 0 foreign 0, totals 9 wrong 1");
    EXPECT_FALSE(v.clean());
    ASSERT_EQ(v.differences.size(), 1U);
    EXPECT_EQ(v.differences[0],
              std::string("sales-days-0 offset 2: total of d_3: ") + planted.difference);
  }
}

TEST_F(VerifierTest, ATotalWithAnotherKeyOrTimeIsWrong) {
  days_[2].key = "TX_1";
  days_[3].timestamp = days_[3].timestamp + 1;
  const StoreVerification v = Verify();
  EXPECT_EQ(v.totals_wrong, 2);
  ASSERT_EQ(v.differences.size(), 2U);
  EXPECT_EQ(v.differences[0],
            "sales-days-0 offset 2: total of d_3: key is \"TX_1\", needed \"CA_1\"");
  EXPECT_EQ(v.differences[1],
            "sales-days-0 offset 3: total of d_4: timestamp is 1296518400001, needed "
            "1296518400000");
}

TEST_F(VerifierTest, MissingRepeatedAndForeignTotalsAreWrong) {
  days_.erase(days_.begin() + 2);             // d_3 is missing
  days_.insert(days_.begin() + 5, days_[1]);  // d_2 again
  days_.insert(days_.begin() + 6, {"k", "x", days_[5].timestamp});
  days_.insert(days_.begin() + 7, EventAt(1, 0));
  const StoreVerification v = Verify();
  EXPECT_EQ(Counts(v), "equal 30 different 0 missing 0 repeated 0 foreign 0, totals 9 wrong 4");
  ASSERT_EQ(v.differences.size(), 4U);
  EXPECT_EQ(v.differences[0], "sales-days-0 offset 2: 1 totals from d_3 on are missing before it");
  EXPECT_EQ(v.differences[1],
            "sales-days-0 offset 5: total of d_2: repeated, out of order or none of the days to "
            "compare");
  EXPECT_EQ(v.differences[3], "sales-days-0 offset 7: not a StoreDay");
}

TEST_F(VerifierTest, APartIsComparedAndTheRestIsNotLookedAt) {
  Change<SalesRecord>(EventAt(3, 0), [](SalesRecord* s) { s->sold = 99; });
  Change<SalesRecord>(EventAt(8, 2), [](SalesRecord* s) { s->sold = 99; });
  EXPECT_EQ(Counts(Verify(Day(4), Day(8))),
            "equal 12 different 0 missing 0 repeated 0 foreign 0, totals 4 wrong 0");
  EXPECT_TRUE(Verify(Day(4), Day(8)).complete);
  EXPECT_EQ(Counts(Verify(Day(3), Day(8))),
            "equal 14 different 1 missing 0 repeated 0 foreign 0, totals 5 wrong 0");
  EXPECT_EQ(Counts(Verify(Day(4), Day(9))),
            "equal 14 different 1 missing 0 repeated 0 foreign 0, totals 5 wrong 0");
  EXPECT_EQ(Counts(Verify(Day(4), Day(4))),
            "equal 0 different 0 missing 0 repeated 0 foreign 0, totals 0 wrong 0");
}

TEST_F(VerifierTest, APartBehindTheStreamsEndStandsAtItsBeginning) {
  events_.resize(9);
  days_.resize(3);
  const StoreVerification v = Verify(Day(7), Day(11));
  EXPECT_TRUE(v.clean());
  EXPECT_FALSE(v.complete);
  EXPECT_EQ(v.next_day, Day(7));
}

TEST_F(VerifierTest, AStopRequestEndsItWithoutAWordOfWhatIsMissing) {
  Write("sales", 0, events_);
  std::stop_source stop;
  stop.request_stop();
  VerifyOptions options;
  options.to = Day(11);
  const Result<StoreVerification> v = VerifyStore(*log_, *registry_, *dataset_.stores[0],
                                                  *dataset_.calendar, options, stop.get_token());
  ASSERT_TRUE(v.has_value());
  EXPECT_TRUE(v->clean());
  EXPECT_FALSE(v->complete);
}

TEST_F(VerifierTest, ATopicThatIsNotThereIsAnError) {
  VerifyOptions options;
  options.topic = "other";
  options.to = Day(11);
  const Result<StoreVerification> v =
      VerifyStore(*log_, *registry_, *dataset_.stores[0], *dataset_.calendar, options, {});
  ASSERT_FALSE(v.has_value());
  EXPECT_EQ(v.error().code, ErrorCode::kNotFound);
}

/// Two stores in one partition, or one in several.
class PlannedVerifierTest : public VerifierTest {
 protected:
  StoreVerification VerifyWith(const VerifyOptions& options, size_t store = 0) {
    const Result<StoreVerification> result =
        VerifyStore(*log_, *registry_, *dataset_.stores[store], *dataset_.calendar, options, {});
    TILLSTREAM_CHECK_MSG(result.has_value(), result ? "" : result.error().message);
    return *result;
  }
  VerifyOptions Beside(const std::string& other, bool counts_strangers) {
    VerifyOptions options;
    options.to = Day(11);
    options.beside = {other};
    options.counts_strangers = counts_strangers;
    return options;
  }
  /// A day of the first store, a day of the second, and so on.
  void WriteTogether() {
    const auto others = EventsOf(dataset_, 1, Day(1), Day(11));
    const auto other_days = TotalsOf(dataset_, 1, Day(1), Day(11));
    std::vector<MadeRecord> events;
    std::vector<MadeRecord> days;
    for (size_t day = 0; day < 10; ++day) {
      const auto at = static_cast<std::ptrdiff_t>(day * 3);
      events.insert(events.end(), events_.begin() + at, events_.begin() + at + 3);
      events.insert(events.end(), others.begin() + at, others.begin() + at + 3);
      days.push_back(days_[day]);
      days.push_back(other_days[day]);
    }
    if (stranger_) events.insert(events.begin() + 7, *stranger_);
    if (is_lossy_) events.erase(events.begin() + 12);
    BeginLog();
    Write("sales", 0, events);
    Write("sales-days", 0, days);
  }

  std::optional<MadeRecord> stranger_;
  bool is_lossy_ = false;
};

TEST_F(PlannedVerifierTest, StoresOfAPartitionAreComparedOneByOne) {
  WriteTogether();
  EXPECT_EQ(Counts(VerifyWith(Beside("TX_1", true), 0)), kAllEqual);
  const StoreVerification second = VerifyWith(Beside("CA_1", false), 1);
  EXPECT_EQ(Counts(second), kAllEqual);
  EXPECT_TRUE(second.complete);
}

TEST_F(PlannedVerifierTest, WhatOneOfThemLacksTheOtherDoesNot) {
  is_lossy_ = true;
  WriteTogether();
  EXPECT_EQ(Counts(VerifyWith(Beside("TX_1", true), 0)),
            "equal 29 different 0 missing 1 repeated 0 foreign 0, totals 10 wrong 0");
  EXPECT_EQ(Counts(VerifyWith(Beside("CA_1", false), 1)), kAllEqual);
}

TEST_F(PlannedVerifierTest, ARecordOfNeitherIsForeignOnce) {
  stranger_ = events_[0];
  stranger_->key = "FOODS_1_001_WI_9";
  WriteTogether();
  EXPECT_EQ(VerifyWith(Beside("TX_1", true), 0).events_foreign +
                VerifyWith(Beside("TX_1", true), 0).events_repeated,
            1);
  EXPECT_TRUE(VerifyWith(Beside("CA_1", false), 1).clean());
}

TEST_F(PlannedVerifierTest, WhereOneIdIsTheEndOfAnotherTheLongerOneHasTheRecord) {
  WriteTogether();
  const StoreVerification v = VerifyWith(Beside("001_CA_1", false), 0);
  EXPECT_EQ(v.events_equal, 10) << "FOODS_1_002 alone; the other keys end with _001_CA_1";
  EXPECT_EQ(v.events_foreign, 0);
}

TEST_F(PlannedVerifierTest, AStoreIsDealtOutToPartitionsByItsKeys) {
  BeginLog();
  VerifyOptions options;
  options.to = Day(11);
  std::vector<std::vector<MadeRecord>> dealt(3);
  for (const MadeRecord& record : events_) {
    dealt[static_cast<size_t>(PartitionOfKey(record.key, 3).value())].push_back(record);
  }
  for (int32_t p = 0; p < 3; ++p) {
    options.events.push_back({"sales-store-CA_1", PartitionId(p)});
    TILLSTREAM_CHECK(log_->CreateTopic({"sales-store-CA_1", p + 1}).has_value());
    Write("sales-store-CA_1", p, dealt[static_cast<size_t>(p)]);
  }
  Write("sales-days", 0, days_);
  EXPECT_EQ(Counts(VerifyWith(options)), kAllEqual);

  // The same events, in the wrong partitions.
  std::swap(options.events[0], options.events[1]);
  std::swap(options.events[1], options.events[2]);
  const StoreVerification wrong = VerifyWith(options);
  EXPECT_FALSE(wrong.clean());
  EXPECT_EQ(wrong.events_equal, 0);
}

}  // namespace
}  // namespace tillstream
