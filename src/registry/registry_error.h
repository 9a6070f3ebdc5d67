#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace tillstream {

/// The error codes of Confluent's REST API that a schema registry answers here. The first three
/// digits are the HTTP status. Error::protocol_code carries one.
enum class RegistryCode : int {
  kSubjectNotFound = 40401,
  kVersionNotFound = 40402,
  kSchemaNotFound = 40403,
  kSubjectSoftDeleted = 40404,
  kSubjectNotSoftDeleted = 40405,
  kVersionSoftDeleted = 40406,
  kVersionNotSoftDeleted = 40407,
  kLevelNotSet = 40408,
  kModeNotSet = 40409,
  kIncompatible = 40901,
  kInvalidSchema = 42201,
  kInvalidVersion = 42202,
  kInvalidLevel = 42203,
  kInvalidMode = 42204,
  kNotPermitted = 42205,
  kReferenceExists = 42206,
  kInvalidSubject = 42208,
  kSchemaTooLarge = 42209,
  kStoreFailed = 50001,
  kNotNow = 50301,  ///< Others write, or the log failed. Ours; Confluent has none for it.
};

constexpr int HttpStatusOf(RegistryCode code) { return static_cast<int>(code) / 100; }

/// An Error with a registry's code: kNotFound for 404, kRefused for what a mode or a reference
/// forbids, kBadInput for the others.
template <typename... Args>
Error RegistryError(RegistryCode code, fmt::format_string<Args...> format, Args&&... args) {
  ErrorCode kind = ErrorCode::kBadInput;
  if (HttpStatusOf(code) == 404) kind = ErrorCode::kNotFound;
  if (code == RegistryCode::kNotPermitted || code == RegistryCode::kReferenceExists) {
    kind = ErrorCode::kRefused;
  }
  return {kind, fmt::format(format, std::forward<Args>(args)...), static_cast<int>(code)};
}

/// What Confluent's clients go on from: a subject without versions.
inline Error SubjectNotFound(const std::string& subject) {
  return RegistryError(RegistryCode::kSubjectNotFound, "subject {} not found", Quote(subject));
}

}  // namespace tillstream
