#include "app/supervised.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <charconv>
#include <csignal>

#include "base/text.h"
#include "model/names.h"

namespace tillstream {
namespace {

/// Takes a number and the comma behind it off `text`.
bool TakeNumber(std::string_view* text, int64_t* number) {
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, *number);
  if (error != std::errc() || stop == end || *stop != ',' || *number < 0) return false;
  text->remove_prefix(static_cast<size_t>(stop - text->data()) + 1);
  return true;
}

}  // namespace

std::string Supervised::ToText() const {
  return fmt::format("{},{},{},{}", supervisor, index, store_count, store);
}

Result<Supervised> Supervised::Parse(const std::string& text) {
  std::string_view rest = text;
  Supervised result;
  int64_t index = 0;
  int64_t count = 0;
  if (!TakeNumber(&rest, &result.supervisor) || !TakeNumber(&rest, &index) ||
      !TakeNumber(&rest, &count) || index >= count || !IsStoreId(rest)) {
    return MakeError(ErrorCode::kUsage, "--supervised: {} is not what replay --processes gives",
                     Quote(text));
  }
  result.index = static_cast<size_t>(index);
  result.store_count = static_cast<size_t>(count);
  result.store = rest;
  return result;
}

Result<std::unique_ptr<ProgressBoard>> JoinSupervisor(const Supervised& supervised) {
  // The system sends the signal when the supervisor's thread ends that started this process. If it
  // ended before this call, nobody would: then another process has become the parent.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != supervised.supervisor) ::kill(::getpid(), SIGTERM);
  auto board = ProgressBoard::Open(kBoardDescriptor, supervised.store_count);
  if (!board) return board.error().At("--supervised");
  return board;
}

}  // namespace tillstream
