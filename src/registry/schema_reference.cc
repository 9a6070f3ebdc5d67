#include "registry/schema_reference.h"

#include "base/text.h"

namespace tillstream {

Json ToJson(const std::vector<SchemaReference>& references) {
  Json list = Json::array();
  for (const SchemaReference& reference : references) {
    list.push_back(
        {{"name", reference.name}, {"subject", reference.subject}, {"version", reference.version}});
  }
  return list;
}

void PutReferences(const std::vector<SchemaReference>& references, Json* object) {
  if (!references.empty()) (*object)["references"] = ToJson(references);
}

Result<std::vector<SchemaReference>> ReferencesOf(const Json& object) {
  std::vector<SchemaReference> references;
  const auto list = object.find("references");
  if (list == object.end() || list->is_null()) return references;
  if (!list->is_array()) {
    return MakeError(ErrorCode::kBadInput, "references: found {}, needed a list",
                     Quote(DumpJson(*list)));
  }
  for (const Json& json : *list) {
    const auto name = json.find("name");
    const auto subject = json.find("subject");
    const auto version = json.find("version");
    const bool is_one = name != json.end() && name->is_string() && subject != json.end() &&
                        subject->is_string() && version != json.end() &&
                        version->is_number_integer() && *version >= 1 && *version <= INT32_MAX;
    if (!is_one) {
      return MakeError(ErrorCode::kBadInput,
                       "references: found {}, needed an object with name, subject and version",
                       Quote(DumpJson(json)));
    }
    references.push_back(
        {name->get<std::string>(), subject->get<std::string>(), version->get<int32_t>()});
  }
  return references;
}

}  // namespace tillstream
