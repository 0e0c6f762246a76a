import Dispatch
import FlowCore
import FlowEngine
import FlowRuntime
import StudyModel

/// Progress line on a terminal's standard error; redrawn five times a second and removed at the end.
final class LiveProgress: Sendable {
  private let run: Run
  private let terminal: Terminal
  private let timer: QueueConfined<(any DispatchSourceTimer)?>
  private let time: any TimeSource
  private let started: Duration

  init(_ run: Run, terminal: Terminal) {
    self.run = run
    self.terminal = terminal
    timer = QueueConfined(label: "flowrun.progress", nil)
    time = run.environment.time
    started = time.monotonic
  }

  func start() {
    guard terminal.showsProgress else { return }
    let queue = timer.queue
    timer.submit { timer in
      let source = DispatchSource.makeTimerSource(queue: queue)
      source.schedule(deadline: .now(), repeating: .milliseconds(200))
      source.setEventHandler { [self] in draw() }
      source.resume()
      timer = source
    }
  }

  /// Returns when no further line will be drawn.
  func stop() async {
    guard terminal.showsProgress else { return }
    await withCheckedContinuation { (stopped: CheckedContinuation<Void, Never>) in
      timer.submit { timer in
        timer?.cancel()
        timer = nil
        stopped.resume()
      }
    }
    terminal.clearProgress()
  }

  private func draw() {
    guard let snapshot = run.snapshot else { return }
    terminal.progress(
      ProgressLine.text(
        flow: run.request.graph.name, elapsed: time.monotonic - started, snapshot, participants: run.register.progress,
        stopReason: run.stopReason))
  }
}

/// Formats the progress line.
enum ProgressLine {
  static func text(
    flow: String, elapsed: Duration, _ snapshot: FlowSnapshot, participants: (done: Int, total: Int), stopReason: String?
  ) -> String {
    let seconds = Int(elapsed.inSeconds)
    let flowfiles = snapshot.flowfiles
    let ended = flowfiles.finished + flowfiles.removed + flowfiles.deferred + flowfiles.inErrors + flowfiles.abandoned
    var parts = ["\(flow)  \(seconds / 60):\(padded(seconds % 60, 2))"]
    if snapshot.isStopping { parts.append("stopping" + (stopReason.map { " (\(firstLine($0)))" } ?? "")) }
    if participants.total > 0 { parts.append("participants \(participants.done)/\(participants.total)") }
    parts.append("FlowFiles \(ended)/\(flowfiles.created)")
    if flowfiles.inErrors > 0 { parts.append("in errors \(flowfiles.inErrors)") }
    let waiting = snapshot.queues.reduce(0) { $0 + $1.penalisedCount }
    if waiting > 0 { parts.append("waiting \(waiting)") }
    return parts.joined(separator: "  ")
  }

  /// Shortened to leave room for the numbers.
  private static func firstLine(_ text: String) -> String {
    let line = text.prefix { !$0.isNewline }
    return line.count > 60 ? line.prefix(59) + "…" : String(line)
  }
}
