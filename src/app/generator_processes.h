#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "replay/progress_board.h"
#include "replay/supervisor.h"

namespace tillstream {

/// Generator processes of this machine: this very program, started again with the same command line
/// for one store each. They have a process group each, so that Ctrl-C reaches the supervisor alone.
/// Not thread safe, and Start() is to be called on the main thread: a process is told of the end of
/// the thread that started it.
class PosixGeneratorProcesses final : public GeneratorProcesses {
 public:
  /// Called with every line that a process writes to stderr, except errors, which LastMessage()
  /// keeps: the store's index and the line without "warning: ".
  using OnLine = std::function<void(size_t store, const std::string& text)>;

  /// `words` is the command line of this process. `board` must outlive the object.
  PosixGeneratorProcesses(std::vector<std::string> words, std::vector<std::string> stores,
                          const ProgressBoard& board, OnLine on_line);
  /// Kills what still runs.
  ~PosixGeneratorProcesses() override;

  Result<int64_t> Start(size_t store) override;
  void Send(int64_t pid, ProcessSignal signal) override;
  std::optional<ProcessChange> NextChange() override;
  std::string LastMessage(size_t store) override { return children_[store].last_message; }

  /// Passes on what the processes have written.
  void ReadMessages();

 private:
  struct Child {
    int64_t pid = 0;   ///< 0: none runs.
    int pipe = -1;     ///< Its stderr.
    std::string line;  ///< That is not complete yet.
    std::string last_message;
    bool has_error = false;  ///< Whether last_message is an error's.
  };

  Result<int64_t> Spawn(size_t store, int stderr_fd);
  void Read(size_t store);
  void TakeLine(size_t store, std::string line);

  const std::vector<std::string> words_;
  const std::vector<std::string> stores_;
  const ProgressBoard& board_;
  const OnLine on_line_;
  std::vector<Child> children_;
};

}  // namespace tillstream
