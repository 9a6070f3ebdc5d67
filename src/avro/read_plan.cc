#include "avro/read_plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>

#include "avro/resolution.h"
#include "base/text.h"

namespace tillstream::internal {
namespace {

/// Steps that a plan takes from the resolver's, so that memory is bounded as time is: some 25,000
/// plans of up to 1 KB.
constexpr size_t kPlanSteps = 20;

/// Bytes of text that are copied into a plan for one step.
constexpr size_t kTextBytesPerStep = 32;

/// Most reasons in one message.
constexpr size_t kReasonsMax = 10;

class Planner {
 public:
  const ReadPlan* Make(const SchemaNode& writer, const SchemaNode& reader) {
    const std::pair pair(&writer, &reader);
    if (const auto made = made_.find(pair); made != made_.end()) return made->second;
    if (!resolver_.Spend(kPlanSteps)) return TooLarge();
    ReadPlan* const plan = NewPlan();
    made_.emplace(pair, plan);
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
  ReadPlan* NewPlan() {
    plans_.push_back(std::make_unique<ReadPlan>());
    return plans_.back().get();
  }

  /// What every pair gets for which there are no steps left.
  const ReadPlan* TooLarge() {
    if (too_large_ == nullptr) {
      too_large_ = NewPlan();
      too_large_->mismatch = fmt::format("more than {} comparisons", kResolutionStepsMax);
    }
    return too_large_;
  }

  void Fill(const SchemaNode& writer, const SchemaNode& reader, ReadPlan* plan) {
    if (writer.type == AvroType::kUnion) {
      if (!resolver_.Spend(writer.branches.size())) return RefuseAsTooLarge(plan);
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
    if (!resolver_.Spend(StepsOf(writer) + reader.fields.size())) return RefuseAsTooLarge(plan);
    const auto matches = MatchFields(reader, writer);
    plan->field_count = reader.fields.size();
    plan->steps.resize(writer.fields.size());
    for (size_t i = 0; i < matches.size(); ++i) {
      const SchemaField& field = reader.fields[i];
      if (matches[i]) {
        plan->steps[*matches[i]].target = static_cast<int32_t>(i);
      } else if (field.default_value) {
        const size_t cost = field.default_value->Cost();
        if (!resolver_.Spend(cost)) return RefuseAsTooLarge(plan);
        plan->defaults.emplace_back(i, *field.default_value);
        plan->defaults_cost += cost;
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

  void FillEnum(const SchemaNode& writer, const SchemaNode& reader, ReadPlan* plan) {
    if (!resolver_.Spend(StepsOf(writer) + reader.symbols.size())) return RefuseAsTooLarge(plan);
    plan->symbol_names = writer.symbols;
    for (const auto& symbol : MatchSymbols(reader, writer)) {
      plan->symbols.push_back(symbol ? *symbol : reader.enum_default.value_or(-1));
    }
  }

  /// For what a plan copies of a writer's record or enum.
  static size_t StepsOf(const SchemaNode& writer) {
    size_t steps = writer.fields.size() + writer.symbols.size();
    for (const auto& field : writer.fields) steps += field.name.size() / kTextBytesPerStep;
    for (const auto& symbol : writer.symbols) steps += symbol.size() / kTextBytesPerStep;
    return steps;
  }

  void RefuseAsTooLarge(ReadPlan* plan) { plan->mismatch = TooLarge()->mismatch; }

  /// Explains with what steps are left.
  void Refuse(const SchemaNode& writer, const SchemaNode& reader, ReadPlan* plan) {
    std::vector<CompatibilityFault> faults;
    Resolver explainer;
    explainer.Spend(resolver_.steps());
    explainer.Explain(reader, writer, &faults);
    resolver_.Spend(explainer.steps() - resolver_.steps());
    std::vector<std::string> reasons;
    for (const CompatibilityFault& fault : faults) {
      if (reasons.size() == kReasonsMax) break;
      reasons.push_back(fault.text);
    }
    plan->mismatch = fmt::format("{}", fmt::join(reasons, "; "));
    if (plan->mismatch.empty()) plan->mismatch = writer.Describe() + " cannot be read";
    resolver_.Spend(plan->mismatch.size() / kTextBytesPerStep);
  }

  int depth_ = 0;
  Resolver resolver_;
  std::map<std::pair<const SchemaNode*, const SchemaNode*>, const ReadPlan*> made_;
  std::vector<std::unique_ptr<ReadPlan>> plans_;
  ReadPlan* too_large_ = nullptr;
};

}  // namespace

std::vector<std::unique_ptr<ReadPlan>> MakeReadPlans(const SchemaNode& writer,
                                                     const SchemaNode& reader) {
  Planner planner;
  planner.Make(writer, reader);
  return planner.Take();
}

}  // namespace tillstream::internal
