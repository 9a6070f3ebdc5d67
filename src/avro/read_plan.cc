#include "avro/read_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "avro/resolution.h"
#include "base/text.h"

namespace tillstream::internal {
namespace {

class Planner {
 public:
  const ReadPlan* Make(const SchemaNode& writer, const SchemaNode& reader) {
    const auto [made, is_new] = made_.try_emplace({&writer, &reader}, nullptr);
    if (!is_new) return made->second;
    plans_.push_back(std::make_unique<ReadPlan>());
    ReadPlan* const plan = plans_.back().get();
    made->second = plan;
    plan->writer = writer.type;
    plan->target = reader.type;
    if (++depth_ > kResolutionDepthMax) {
      plan->mismatch = fmt::format("nested deeper than {}", kResolutionDepthMax);
    } else {
      Fill(writer, reader, plan);
    }
    --depth_;
    return plan;
  }

  std::vector<std::unique_ptr<ReadPlan>> Take() { return std::move(plans_); }

 private:
  void Fill(const SchemaNode& writer, const SchemaNode& reader, ReadPlan* plan) {
    if (writer.type == AvroType::kUnion) {
      bool any = false;
      for (const SchemaNode* branch : writer.branches) {
        plan->branches.push_back(Make(*branch, reader));
        any = any || plan->branches.back()->mismatch.empty();
      }
      if (!any) Refuse(writer, reader, plan);
      return;
    }
    const SchemaNode* target = &reader;
    if (reader.type == AvroType::kUnion) {
      const auto branch = resolver_.PickBranch(reader, writer);
      if (!branch) return Refuse(writer, reader, plan);
      plan->reader_branch = static_cast<int32_t>(*branch);
      target = reader.branches[*branch];
      plan->target = target->type;
    }
    if (!IsReadableAs(writer.type, target->type) ||
        (target->is_named() && !NamesMatch(*target, writer))) {
      return Refuse(writer, reader, plan);
    }
    switch (writer.type) {
      case AvroType::kArray:
      case AvroType::kMap:
        plan->element = Make(*writer.element, *target->element);
        return;  // one that is empty can be read whatever its items are
      case AvroType::kRecord:
        return FillRecord(writer, *target, plan);
      case AvroType::kEnum:
        return FillEnum(writer, *target, plan);
      case AvroType::kFixed:
        plan->fixed_size = static_cast<size_t>(writer.fixed_size);
        [[fallthrough]];
      default:
        if (!resolver_.Resolves(*target, writer)) Refuse(writer, *target, plan);
    }
  }

  void FillRecord(const SchemaNode& writer, const SchemaNode& reader, ReadPlan* plan) {
    const auto matches = MatchFields(reader, writer);
    plan->field_count = reader.fields.size();
    plan->steps.resize(writer.fields.size());
    for (size_t i = 0; i < matches.size(); ++i) {
      const SchemaField& field = reader.fields[i];
      if (matches[i]) {
        plan->steps[*matches[i]].target = static_cast<int32_t>(i);
      } else if (field.default_value) {
        plan->defaults.emplace_back(i, *field.default_value);
        plan->defaults_cost += field.default_value->Cost();
      } else {
        return Refuse(writer, reader, plan);
      }
    }
    for (size_t i = 0; i < plan->steps.size(); ++i) {
      const SchemaField& field = writer.fields[i];
      ReadPlan::Step& step = plan->steps[i];
      step.field = field.name;
      const SchemaNode& wanted =
          step.target < 0 ? *field.type : *reader.fields[static_cast<size_t>(step.target)].type;
      step.plan = Make(*field.type, wanted);
      if (!step.plan->mismatch.empty()) plan->mismatch = step.plan->mismatch;
    }
    if (!plan->mismatch.empty()) Refuse(writer, reader, plan);
  }

  static void FillEnum(const SchemaNode& writer, const SchemaNode& reader, ReadPlan* plan) {
    plan->symbol_names = writer.symbols;
    for (const std::string& symbol : writer.symbols) {
      const auto found = std::find(reader.symbols.begin(), reader.symbols.end(), symbol);
      plan->symbols.push_back(found != reader.symbols.end()
                                  ? static_cast<int32_t>(found - reader.symbols.begin())
                                  : reader.enum_default.value_or(-1));
    }
  }

  void Refuse(const SchemaNode& writer, const SchemaNode& reader, ReadPlan* plan) {
    std::vector<std::string> faults;
    Resolver().Explain(reader, writer, "", &faults);
    plan->mismatch = fmt::format("{}", fmt::join(faults, "; "));
    if (plan->mismatch.empty()) plan->mismatch = writer.Describe() + " cannot be read";
  }

  int depth_ = 0;
  Resolver resolver_;
  std::map<std::pair<const SchemaNode*, const SchemaNode*>, const ReadPlan*> made_;
  std::vector<std::unique_ptr<ReadPlan>> plans_;
};

}  // namespace

std::vector<std::unique_ptr<ReadPlan>> MakeReadPlans(const SchemaNode& writer,
                                                     const SchemaNode& reader) {
  Planner planner;
  planner.Make(writer, reader);
  return planner.Take();
}

}  // namespace tillstream::internal
