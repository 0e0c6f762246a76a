import FlowCore
import FlowRuntime

/// Progress line on a terminal's standard error: redrawn with every `progress` event, and removed at the end.
struct LiveProgress: Sendable {
  private let events: AsyncStream<RunEvents.Delivery>
  private let flow: String
  private let terminal: Terminal

  /// Nil if the terminal shows no progress.
  init?(of run: Run, on terminal: Terminal) {
    guard terminal.showsProgress else { return nil }
    // A slow terminal is served the next event it has time for.
    events = run.events.listen(to: [.progress], buffer: 1)
    flow = run.request.graph.name
    self.terminal = terminal
  }

  /// Returns at the end of the run; no further line is drawn.
  func draw() async {
    for await delivery in events {
      if case .progress(let progress) = delivery.event { terminal.progress(ProgressLine.text(flow: flow, progress)) }
    }
    terminal.clearProgress()
  }
}

/// Formats the progress line.
enum ProgressLine {
  static func text(flow: String, _ progress: RunProgress) -> String {
    let seconds = Int(progress.elapsed.inSeconds)
    let flowfiles = progress.flowfiles
    let ended = flowfiles.finished + flowfiles.removed + flowfiles.deferred + flowfiles.inErrors + flowfiles.abandoned
    var parts = ["\(flow)  \(seconds / 60):\(padded(seconds % 60, 2))"]
    if progress.isStopping { parts.append("stopping" + (progress.stopReason.map { " (\(firstLine($0)))" } ?? "")) }
    if progress.participantsTotal > 0 { parts.append("participants \(progress.participantsDone)/\(progress.participantsTotal)") }
    parts.append("FlowFiles \(ended)/\(flowfiles.created)")
    if flowfiles.inErrors > 0 { parts.append("in errors \(flowfiles.inErrors)") }
    if progress.waitingCount > 0 { parts.append("waiting \(progress.waitingCount)") }
    return parts.joined(separator: "  ")
  }

  /// Shortened to leave room for the numbers.
  private static func firstLine(_ text: String) -> String {
    let line = text.prefix { !$0.isNewline }
    return line.count > 60 ? line.prefix(59) + "…" : String(line)
  }
}
