#include "log/position_store.h"

#include "testing/memory_position_store.h"
#include "testing/position_store_contract.h"

namespace tillstream {
namespace {

INSTANTIATE_TEST_SUITE_P(Memory, PositionStoreContract,
                         testing::Values(PositionStoreFactory{
                             "Memory",
                             [](std::string* topic) {
                               *topic = "sales";
                               return std::make_unique<MemoryPositionStore>();
                             }}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace tillstream
