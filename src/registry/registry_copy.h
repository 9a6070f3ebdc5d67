#pragma once

#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "registry/registry_contents.h"
#include "registry/rest_client.h"

namespace tillstream {

enum class CopyState {
  kMissing,  ///< To be copied.
  kPresent,  ///< There before.
  kCopied,
};

struct VersionCopy {
  RegisteredSchema source;
  CopyState state = CopyState::kMissing;
  /// Those in the target: of a missing one those that it gets, or 0 without kept ids.
  SchemaId target_id;
  int32_t target_version = 0;
};

struct LevelCopy {
  std::string subject;  ///< Empty for that of all.
  CompatibilityLevel level{};
  CopyState state = CopyState::kMissing;
};

/// What copying a registry's contents comes to.
struct CopyPlan {
  std::vector<VersionCopy> versions;  ///< In the order in which they are written.
  std::vector<LevelCopy> levels;
  /// Subjects that get a version and have some already; needs CopyOptions::force with kept ids.
  std::vector<std::string> occupied;
  /// Subjects that are in a mode IMPORT of their own, as a copy that was killed leaves them: with
  /// kept ids Execute() takes it back.
  std::vector<std::string> left_in_import;

  /// Whether Execute() has anything to do.
  bool HasWork() const { return Count(CopyState::kMissing) > 0 || !left_in_import.empty(); }

  int64_t Count(CopyState state) const;  ///< Of versions and levels.
};

struct CopyOptions {
  bool keep_ids = true;
  bool force = false;    ///< Imports beside versions that are there.
  std::stop_token stop;  ///< Ends the copying after the version that is being written.
};

/// Copies contents into a registry behind Confluent's REST API.
///
/// Ids and versions are kept by mode IMPORT of the subjects that get versions, and of no others;
/// it is taken back whatever happens in between, that of an earlier copy which was killed too. What
/// is there already is not written again.
class RegistryCopier {
 public:
  /// `last` takes the modes back: the same registry, asked by a client that a stop does not end.
  /// Both must outlive the copier.
  RegistryCopier(RestClient& target, RestClient& last, CopyOptions options)
      : target_(target), last_(last), options_(std::move(options)) {}

  /// Compares with what is there; writes nothing. Errors: kRefused when another schema has one of
  /// the ids or versions; kUnavailable when the registry keeps no ids, or does not answer.
  Result<CopyPlan> Plan(const RegistryContents& contents);

  /// Writes what is missing, marking it in `plan`, and looks at everything again afterwards.
  ///
  /// On failure what was written is there, and the next plan finds it. Errors: kRefused without
  /// `force` when the plan has occupied subjects, with nothing written; kBadInput for a schema that
  /// the registry does not take; kUnavailable; kStopped, with every mode taken back.
  Status Execute(CopyPlan* plan);

 private:
  using Place = std::pair<std::string, int32_t>;  ///< Subject and version in the source.

  Status CheckImport();
  /// The schemas that the version refers to, as the source has them.
  std::vector<Schema> Referenced(const RegisteredSchema& version) const;
  /// What tells schemas apart, of a text with these references.
  std::string Form(const std::string& text, const std::string& type,
                   const std::vector<Schema>& referenced) const;
  void Remember(const RegisteredSchema& version);

  Status PlanKept(VersionCopy* copy, std::vector<std::string>* conflicts);
  Status PlanNew(VersionCopy* copy);
  /// Whether the id is the schema's there; none when it was never given.
  Result<std::optional<bool>> HasId(const RegisteredSchema& version);
  /// The version there; none when it is not, or deleted and not `with_deleted`.
  Result<std::optional<RegisteredSchema>> VersionThere(const RegisteredSchema& version,
                                                       bool with_deleted);
  Status PlanLevels(const RegistryContents& contents, CopyPlan* plan);
  Status PlanModes(CopyPlan* plan);
  /// None when a reference is not there yet.
  std::optional<std::vector<SchemaReference>> TargetReferences(
      const RegisteredSchema& version) const;

  /// The mode that the subject has of its own; none without one.
  Result<std::optional<std::string>> OwnMode(const std::string& subject);
  Status SetImport(const std::string& subject);
  Status RestoreModes();
  Status WriteVersions(CopyPlan* plan);
  Status Write(VersionCopy* copy);
  Status WriteLevels(CopyPlan* plan);
  Status Verify(const CopyPlan& plan);
  Status CheckStop() const;

  RestClient& target_;
  RestClient& last_;
  const CopyOptions options_;
  std::map<Place, Schema> parsed_;    ///< Of the source, by place.
  std::map<Place, int32_t> numbers_;  ///< Versions of the target.
  /// Subjects that were put into mode IMPORT, with the mode of their own that they had.
  std::vector<std::pair<std::string, std::optional<std::string>>> imported_;
};

}  // namespace tillstream
