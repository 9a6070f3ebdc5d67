#pragma once

// Errors that a broker answers with, and what must come of each.

#include <librdkafka/rdkafka.h>

#include <ostream>
#include <string>
#include <vector>

#include "base/error.h"

namespace tillstream {

/// Kafka's numbers for its requests.
enum Request : int16_t {
  kProduce = 0,
  kMetadata = 3,
  kFindCoordinator = 10,
  kInitProducerId = 22,
  kAddPartitionsToTxn = 24,
  kEndTxn = 26,
};

inline const char* NameOf(Request request) {
  switch (request) {
    case kProduce:
      return "Produce";
    case kMetadata:
      return "Metadata";
    case kFindCoordinator:
      return "FindCoordinator";
    case kInitProducerId:
      return "InitProducerId";
    case kAddPartitionsToTxn:
      return "AddPartitionsToTxn";
    case kEndTxn:
      return "EndTxn";
  }
  return "";
}

/// With what the writer that meets the errors ends: nothing, or an error that says this.
struct Outcome {
  bool goes_on = false;
  ErrorCode code = ErrorCode::kFailed;
  std::string said = {};
};
inline Outcome GoesOn() { return {.goes_on = true}; }
/// A new writer goes on at once.
inline Outcome OpensAgain() { return {.code = ErrorCode::kUnavailable, .said = "kafka: "}; }
/// A person has to do something.
inline Outcome Stops(ErrorCode code, const std::string& why) { return {.code = code, .said = why}; }
inline Outcome Forbidden(const std::string& right) {
  return Stops(ErrorCode::kForbidden, "; allow the user " + right);
}
inline Outcome Fenced() {
  return Stops(ErrorCode::kRefused, "another writer took the stream over and has not said who");
}

struct Fault {
  Request request;
  rd_kafka_resp_err_t code;
  Outcome outcome;
};

inline constexpr const char* kRightToId =
    "Write and Describe on transactional id \"tillstream/sales/CA_1\"";
inline constexpr const char* kRightToTopics = "Write on topics \"sales\", \"positions\"";
inline constexpr const char* kRightToTopic = "Write on topic \"";

// NOLINTNEXTLINE(cppcoreguidelines-macro-usage): the codes' names are long enough without it
#define TILLSTREAM_FAULT(request, code, ...) \
  Fault { request, RD_KAFKA_RESP_ERR_##code, __VA_ARGS__ }
inline const std::vector<Fault> kFaults = {
    TILLSTREAM_FAULT(kInitProducerId, COORDINATOR_LOAD_IN_PROGRESS, GoesOn()),
    TILLSTREAM_FAULT(kInitProducerId, COORDINATOR_NOT_AVAILABLE, GoesOn()),
    TILLSTREAM_FAULT(kInitProducerId, NOT_COORDINATOR, GoesOn()),
    TILLSTREAM_FAULT(kInitProducerId, CONCURRENT_TRANSACTIONS, GoesOn()),
    TILLSTREAM_FAULT(kInitProducerId, REQUEST_TIMED_OUT, GoesOn()),
    TILLSTREAM_FAULT(kInitProducerId, _TRANSPORT, GoesOn()),
    TILLSTREAM_FAULT(kInitProducerId, UNSUPPORTED_VERSION, GoesOn()),
    TILLSTREAM_FAULT(kInitProducerId, UNKNOWN, GoesOn()),
    TILLSTREAM_FAULT(kInitProducerId, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Forbidden(kRightToId)),
    TILLSTREAM_FAULT(kInitProducerId, CLUSTER_AUTHORIZATION_FAILED,
                     Stops(ErrorCode::kForbidden, "an ACL on the cluster")),
    TILLSTREAM_FAULT(kInitProducerId, INVALID_TRANSACTION_TIMEOUT,
                     Stops(ErrorCode::kUsage, "; set transaction.timeout.ms to at most")),
    TILLSTREAM_FAULT(kInitProducerId, INVALID_PRODUCER_EPOCH, Fenced()),
    TILLSTREAM_FAULT(kInitProducerId, PRODUCER_FENCED, Fenced()),
    TILLSTREAM_FAULT(kFindCoordinator, COORDINATOR_LOAD_IN_PROGRESS, GoesOn()),
    TILLSTREAM_FAULT(kFindCoordinator, COORDINATOR_NOT_AVAILABLE, GoesOn()),
    TILLSTREAM_FAULT(kFindCoordinator, REQUEST_TIMED_OUT, GoesOn()),
    TILLSTREAM_FAULT(kFindCoordinator, _TRANSPORT, GoesOn()),
    TILLSTREAM_FAULT(kFindCoordinator, INVALID_REQUEST, GoesOn()),
    TILLSTREAM_FAULT(kFindCoordinator, UNKNOWN, GoesOn()),
    TILLSTREAM_FAULT(kFindCoordinator, TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                     Forbidden(kRightToId)),
    TILLSTREAM_FAULT(kFindCoordinator, CLUSTER_AUTHORIZATION_FAILED,
                     Stops(ErrorCode::kForbidden, "an ACL on the cluster")),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, COORDINATOR_LOAD_IN_PROGRESS, GoesOn()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, COORDINATOR_NOT_AVAILABLE, GoesOn()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, NOT_COORDINATOR, GoesOn()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, CONCURRENT_TRANSACTIONS, GoesOn()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, UNKNOWN_TOPIC_OR_PART, GoesOn()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, _TRANSPORT, GoesOn()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, REQUEST_TIMED_OUT, OpensAgain()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, OPERATION_NOT_ATTEMPTED, OpensAgain()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, INVALID_TXN_STATE, OpensAgain()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, INVALID_PRODUCER_ID_MAPPING, OpensAgain()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, UNKNOWN_PRODUCER_ID, OpensAgain()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, UNKNOWN, OpensAgain()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, TOPIC_AUTHORIZATION_FAILED, Forbidden(kRightToTopics)),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
                     Forbidden(kRightToId)),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, CLUSTER_AUTHORIZATION_FAILED,
                     Stops(ErrorCode::kForbidden, "an ACL on the cluster")),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, INVALID_PRODUCER_EPOCH, Fenced()),
    TILLSTREAM_FAULT(kAddPartitionsToTxn, PRODUCER_FENCED, Fenced()),
    TILLSTREAM_FAULT(kProduce, NOT_LEADER_FOR_PARTITION, GoesOn()),
    TILLSTREAM_FAULT(kProduce, LEADER_NOT_AVAILABLE, GoesOn()),
    TILLSTREAM_FAULT(kProduce, NOT_ENOUGH_REPLICAS, GoesOn()),
    TILLSTREAM_FAULT(kProduce, NOT_ENOUGH_REPLICAS_AFTER_APPEND, GoesOn()),
    TILLSTREAM_FAULT(kProduce, REQUEST_TIMED_OUT, GoesOn()),
    TILLSTREAM_FAULT(kProduce, UNKNOWN_TOPIC_OR_PART, GoesOn()),
    TILLSTREAM_FAULT(kProduce, KAFKA_STORAGE_ERROR, GoesOn()),
    TILLSTREAM_FAULT(kProduce, _TRANSPORT, GoesOn()),
    TILLSTREAM_FAULT(kProduce, INVALID_MSG, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, OUT_OF_ORDER_SEQUENCE_NUMBER, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, UNKNOWN_PRODUCER_ID, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, INVALID_TXN_STATE, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, INVALID_PRODUCER_ID_MAPPING, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, UNSUPPORTED_FOR_MESSAGE_FORMAT, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, POLICY_VIOLATION, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, INVALID_REQUIRED_ACKS, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, RECORD_LIST_TOO_LARGE, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, THROTTLING_QUOTA_EXCEEDED, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, UNKNOWN, OpensAgain()),
    TILLSTREAM_FAULT(kProduce, MSG_SIZE_TOO_LARGE,
                     Stops(ErrorCode::kBadInput, "; raise max.message.bytes of the topic")),
    TILLSTREAM_FAULT(kProduce, INVALID_TIMESTAMP,
                     Stops(ErrorCode::kBadInput, "; the broker takes no time so far from now: ")),
    TILLSTREAM_FAULT(kProduce, INVALID_RECORD,
                     Stops(ErrorCode::kBadInput, "broker failed to validate record")),
    TILLSTREAM_FAULT(kProduce, TOPIC_AUTHORIZATION_FAILED, Forbidden(kRightToTopic)),
    TILLSTREAM_FAULT(kProduce, CLUSTER_AUTHORIZATION_FAILED,
                     Stops(ErrorCode::kForbidden, "an ACL on the cluster")),
    TILLSTREAM_FAULT(kProduce, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Forbidden(kRightToId)),
    TILLSTREAM_FAULT(kProduce, INVALID_PRODUCER_EPOCH, Fenced()),
    TILLSTREAM_FAULT(kProduce, PRODUCER_FENCED, Fenced()),
    TILLSTREAM_FAULT(kEndTxn, COORDINATOR_LOAD_IN_PROGRESS, GoesOn()),
    TILLSTREAM_FAULT(kEndTxn, COORDINATOR_NOT_AVAILABLE, GoesOn()),
    TILLSTREAM_FAULT(kEndTxn, NOT_COORDINATOR, GoesOn()),
    TILLSTREAM_FAULT(kEndTxn, CONCURRENT_TRANSACTIONS, GoesOn()),
    TILLSTREAM_FAULT(kEndTxn, _TRANSPORT, GoesOn()),
    TILLSTREAM_FAULT(kEndTxn, REQUEST_TIMED_OUT, OpensAgain()),
    TILLSTREAM_FAULT(kEndTxn, INVALID_TXN_STATE, OpensAgain()),
    TILLSTREAM_FAULT(kEndTxn, INVALID_PRODUCER_ID_MAPPING, OpensAgain()),
    TILLSTREAM_FAULT(kEndTxn, UNKNOWN_PRODUCER_ID, OpensAgain()),
    TILLSTREAM_FAULT(kEndTxn, UNKNOWN, OpensAgain()),
    TILLSTREAM_FAULT(kEndTxn, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, Forbidden(kRightToId)),
    TILLSTREAM_FAULT(kEndTxn, CLUSTER_AUTHORIZATION_FAILED,
                     Stops(ErrorCode::kForbidden, "an ACL on the cluster")),
    TILLSTREAM_FAULT(kEndTxn, INVALID_PRODUCER_EPOCH, Fenced()),
    TILLSTREAM_FAULT(kEndTxn, PRODUCER_FENCED, Fenced()),
};
#undef TILLSTREAM_FAULT

inline void PrintTo(const Fault& fault, std::ostream* out) {
  *out << NameOf(fault.request) << ' ' << rd_kafka_err2name(fault.code);
}

}  // namespace tillstream
