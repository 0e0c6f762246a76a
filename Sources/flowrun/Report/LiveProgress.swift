import Dispatch
import FlowCore
import FlowEngine

/// One line on a terminal's standard error that tells how far a run is; redrawn five times a second, gone at the end.
final class LiveProgress: Sendable {
  private let batch: Batch
  private let flow: String
  private let terminal: Terminal
  private let timer: QueueConfined<(any DispatchSourceTimer)?>
  private let started: Duration

  init(_ batch: Batch, flow: String, terminal: Terminal) {
    self.batch = batch
    self.flow = flow
    self.terminal = terminal
    timer = QueueConfined(label: "flowrun.progress", nil)
    started = DispatchTimeSource().monotonic
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

  /// Returns when no line will be drawn any more.
  func stop() async {
    guard terminal.showsProgress else { return }
    try? await timer.run { timer in
      timer?.cancel()
      timer = nil
    }
    terminal.clearProgress()
  }

  private func draw() {
    guard let snapshot = batch.snapshot else { return }
    let seconds = Int((DispatchTimeSource().monotonic - started).inSeconds)
    let outcomes = batch.outcomes.values
    let done = outcomes.count { $0 != .deferred }
    let ended = snapshot.flowfiles.finished + snapshot.flowfiles.removed + snapshot.flowfiles.deferred + snapshot.flowfiles.inErrors
    var line = "\(flow)  \(seconds / 60):\(padded(seconds % 60, 2))"
    if !outcomes.isEmpty { line += "  participants \(done)/\(outcomes.count)" }
    line += "  FlowFiles \(ended)/\(snapshot.flowfiles.created)"
    if snapshot.flowfiles.inErrors > 0 { line += "  in errors \(snapshot.flowfiles.inErrors)" }
    let waiting = snapshot.queues.reduce(0) { $0 + $1.penalisedCount }
    if waiting > 0 { line += "  waiting \(waiting)" }
    terminal.progress(line)
  }
}
