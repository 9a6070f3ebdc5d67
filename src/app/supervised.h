#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "replay/progress_board.h"

namespace tillstream {

/// What a generator process is told by its supervisor, in the hidden option --supervised.
struct Supervised {
  int64_t supervisor = 0;  ///< Its process id.
  size_t index = 0;        ///< Of the store at the board.
  size_t store_count = 0;  ///< Places at the board.
  std::string store;

  /// "4711,0,10,CA_1".
  std::string ToText() const;
  /// kUsage for anything else.
  static Result<Supervised> Parse(const std::string& text);
};

/// Where a generator process finds the board: the first descriptor behind the standard ones.
inline constexpr int kBoardDescriptor = 3;

/// Ties this process to its supervisor: it stops, durably, as by SIGTERM, when the supervisor ends,
/// however that is, also when it has ended already. The board that both share.
Result<std::unique_ptr<ProgressBoard>> JoinSupervisor(const Supervised& supervised);

}  // namespace tillstream
