#include "log/folder_run_store.h"

#include "base/check.h"
#include "testing/faulty_file_system.h"
#include "testing/run_store_contract.h"

namespace tillstream {
namespace {

class FoldersUnderTest final : public RunStoresUnderTest {
 public:
  FoldersUnderTest() { TILLSTREAM_CHECK(files_.MakeDirectory("log").has_value()); }
  std::unique_ptr<RunStore> Open() override {
    return std::make_unique<FolderRunStore>(files_, clock_, "log");
  }
  std::string TopicName(const std::string& name) override { return name; }

 private:
  FaultyFileSystem files_;
  SystemClock clock_;
};

INSTANTIATE_TEST_SUITE_P(Folder, RunStoreContract,
                         testing::Values(RunStoreFactory{
                             "Folder", [] { return std::make_unique<FoldersUnderTest>(); }}),
                         [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace tillstream
