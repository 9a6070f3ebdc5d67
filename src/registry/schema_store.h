#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "log/event_log.h"
#include "registry/registration.h"
#include "registry/schemas_topic.h"

namespace tillstream {

/// Which versions a list has.
enum class DeletedFilter {
  kWithout,
  kWith,
  kOnly,
};

/// A version of a subject as a caller names it: a number, or the latest.
using VersionNumber = std::optional<int32_t>;

/// "latest" or "-1" for the latest, else a number of 1 or more; kInvalidVersion otherwise.
Result<VersionNumber> ParseVersionNumber(std::string_view text);

/// Everything that Confluent's REST API does with schemas, on the topic `_schemas` of a log; the
/// server of `tillstream schema serve` is a thin layer over it. Its Errors carry a RegistryCode in
/// Error::protocol_code; those of the log carry none.
///
/// Whatever is answered is durable: an id is never lost nor given twice. Generators of the same log
/// may register meanwhile. A setting of the empty subject is that of all. Thread safe; everything
/// but FindId() of a known id may wait for the disk, and up to kRegistryLockWait for another
/// writer.
class SchemaStore {
 public:
  /// `log` and `clock` must outlive the store; `stop` ends waiting for other writers. Errors as
  /// SchemasTopic::Open().
  static Result<std::unique_ptr<SchemaStore>> Open(EventLog& log, Clock& clock, std::string holder,
                                                   std::stop_token stop = {});

  /// Registers, or finds what is registered. Errors: those of ReadPosted() and PlanRegistration().
  Result<RegisteredSchema> Register(const std::string& subject, const SchemaText& posted,
                                    bool normalize, const ImportedNumbers& numbers);

  /// The version of `subject` that is this schema. kSubjectNotFound, kSchemaNotFound.
  Result<RegisteredSchema> Lookup(const std::string& subject, const SchemaText& posted,
                                  bool normalize, bool with_deleted);

  /// kSchemaNotFound.
  Result<RegisteredSchema> FindId(SchemaId id);
  /// Whether FindId() answers from memory.
  bool KnowsId(SchemaId id);
  /// Subjects and versions that have the id. kSchemaNotFound.
  Result<std::vector<std::pair<std::string, int32_t>>> VersionsOf(SchemaId id, bool with_deleted);

  Result<std::vector<std::string>> Subjects(const std::string& prefix, DeletedFilter filter);
  /// kSubjectNotFound when no version passes the filter.
  Result<std::vector<int32_t>> Versions(const std::string& subject, DeletedFilter filter);
  /// kSubjectNotFound, kVersionNotFound.
  Result<RegisteredSchema> Version(const std::string& subject, VersionNumber version,
                                   bool with_deleted);
  /// All versions of the subjects that begin with `prefix`, by subject and version.
  Result<std::vector<RegisteredSchema>> List(const std::string& prefix, bool with_deleted,
                                             bool latest_only);
  /// Ids of the schemas that refer to the version.
  Result<std::vector<SchemaId>> ReferencedBy(const std::string& subject, VersionNumber version);

  /// Why the schema does not go with the version at the subject's level; a subject that has none
  /// takes every schema as its latest.
  Result<std::vector<std::string>> Check(const std::string& subject, VersionNumber version,
                                         const SchemaText& posted, bool normalize);
  /// The same with all versions that the subject's level looks at.
  Result<std::vector<std::string>> CheckAll(const std::string& subject, const SchemaText& posted,
                                            bool normalize);

  /// Deletes all versions that are not deleted yet and returns them; `permanent` deletes for good,
  /// which asks for a soft deletion first.
  Result<std::vector<int32_t>> DeleteSubject(const std::string& subject, bool permanent);
  Result<int32_t> DeleteVersion(const std::string& subject, VersionNumber version, bool permanent);

  /// With `or_default` what holds, else the own setting: kLevelNotSet, kModeNotSet without one.
  Result<CompatibilityLevel> Level(const std::string& subject, bool or_default);
  Result<SubjectMode> Mode(const std::string& subject, bool or_default);
  Status SetLevel(const std::string& subject, CompatibilityLevel level);
  /// kNotPermitted when IMPORT is set over schemas that are there, unless `force`.
  Status SetMode(const std::string& subject, SubjectMode mode, bool force);
  /// Takes the own setting back and returns it. kSubjectNotFound without one.
  Result<CompatibilityLevel> DeleteLevel(const std::string& subject);
  Result<SubjectMode> DeleteMode(const std::string& subject);

  /// The failure of the log after which nothing is written any more; Ok without one.
  Status Health();

  struct Sizes {
    int64_t subjects = 0;
    int64_t versions = 0;  ///< Softly deleted ones among them.
    int64_t ids = 0;
  };
  Sizes sizes();

 private:
  SchemaStore(std::unique_ptr<SchemasTopic> topic, Clock& clock)
      : topic_(std::move(topic)), clock_(clock) {}

  /// Reads what is new, durably, and gives the history to `read`.
  template <typename Read>
  auto Fresh(Read read) -> decltype(read(std::declval<const SchemaHistory&>()));

  Timestamp Now() { return Timestamp(clock_.Now().time_since_epoch().count()); }

  const std::unique_ptr<SchemasTopic> topic_;
  Clock& clock_;
};

}  // namespace tillstream
