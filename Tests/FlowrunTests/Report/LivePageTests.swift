import FlowCore
import FlowRuntime
import StudyModel
import Testing

@testable import flowrun

@Suite("What a run does, at a terminal")
struct LivePageTests {
  private static func processor(
    _ name: String, in received: Int64, out: Int64, failed: Int64 = 0, active: Int = 0, penalised: Int = 0, waits: String? = nil
  ) -> LiveUpdate.Processor {
    LiveUpdate.Processor(
      name: name, received: received, sent: out > 0 ? ["success": out] : [:], failed: failed, retried: 0, active: active, penalised: penalised, waitsFor: waits)
  }

  private static var update: LiveUpdate {
    var flowfiles = FlowFileCounts()
    flowfiles.created = 1400
    flowfiles.finished = 590
    flowfiles.inErrors = 3
    flowfiles.deferred = 7
    return LiveUpdate(
      run: "20260105T120000Z-1a2b", flow: "fitbit", time: "2026-01-05T12:01:05Z", elapsed: 65, participants: .init(done: 12, total: 100), flowfiles: flowfiles,
      processors: [
        processor("read participants", in: 0, out: 100),
        processor("get latest sync", in: 100, out: 98, failed: 2, active: 4, waits: "network"),
        processor("get heart rates of every second", in: 500, out: 498, penalised: 412, waits: "rate limit until 12:40 UTC"),
        processor("write heart rates", in: 98, out: 98, active: 2),
        processor("cut slices", in: 90, out: 900, waits: "back pressure from get heart rates of every second"),
      ],
      queues: [
        .init(from: "get latest sync", to: "cut slices", relationships: ["success"], count: 8, limit: 1000, isFull: false),
        .init(from: "cut slices", to: "get heart rates of every second", relationships: ["success"], count: 1000, limit: 1000, isFull: true),
      ], remaining: 2100)
  }

  /// 10 s before, when the heart rates stood at 400.
  private static var before: LiveUpdate {
    var update = update
    update.elapsed = 55
    update.processors[2].received = 400
    update.processors[0].sent = ["success": 90]
    return update
  }

  private static func page(_ columns: Int, rows: Int = 24, _ styled: @escaping (String, Terminal.Style) -> String = { text, _ in text }) -> LivePage {
    LivePage(size: TerminalSize(columns: columns, rows: rows), styled: styled)
  }

  @Test("is drawn for 80 columns")
  func narrow() {
    #expect(
      Self.page(80).summary(Self.update, since: Self.before).joined(separator: "\n") == """
        fitbit  20260105T120000Z-1a2b  1:05
        participants 12/100  about 35:00 left  FlowFiles 600/1400  in errors 3  deferre…
        processor          in  out  failed  queue    /s  now
        read participan…    0  100       0      0   1.0
        get latest sync   100   98       2      0   0.0  waits: network
        get heart rates…  500  498       0   1412  10.0  waits: rate limit until 12:40 …
        write heart rat…   98   98       0      0   0.0  2 active
        cut slices         90  900       0      8   0.0  waits: back pressure from get …
        """)
  }

  @Test("what a processor holds is counted as waiting, and said while it does nothing else", arguments: [(0, "join hours  30    0       0     24  0.5  holds 24"), (1, "join hours  30    0       0     24  0.5  1 active")])
  func held(_ active: Int, _ line: String) {
    var update = Self.update
    update.processors = [LiveUpdate.Processor(name: "join hours", received: 30, sent: [:], failed: 0, retried: 0, active: active, penalised: 0, waitsFor: nil, held: 24)]
    update.queues = []
    #expect(Self.page(80).summary(update, since: nil).contains(line), "\(Self.page(80).summary(update, since: nil))")
  }

  @Test("is drawn for 120 columns, with the queues")
  func wide() {
    #expect(
      Self.page(120).lines(Self.update, since: Self.before, others: ["20260105T110000Z-0000"]).joined(separator: "\n") == """
        fitbit  20260105T120000Z-1a2b  1:05
        participants 12/100  about 35:00 left  FlowFiles 600/1400  in errors 3  deferred 7
        also under way: 20260105T110000Z-0000

        processor                         in  out  failed  queue    /s  now
        read participants                  0  100       0      0   1.0
        get latest sync                  100   98       2      0   0.0  waits: network
        get heart rates of every second  500  498       0   1412  10.0  waits: rate limit until 12:40 UTC
        write heart rates                 98   98       0      0   0.0  2 active
        cut slices                        90  900       0      8   0.0  waits: back pressure from get heart rates of every seco…

        queue                     to                               holds    of
        cut slices: success       get heart rates of every second   1000  1000  full
        get latest sync: success  cut slices                           8  1000
        """)
  }

  @Test("no line is longer than the terminal is wide, and no more are drawn than it has", arguments: [(1, 3), (10, 4), (20, 6), (40, 7), (80, 24), (200, 50)])
  func fits(columns: Int, rows: Int) {
    var update = Self.update
    update.stopping = "the provider is gone\nfor good"
    for lines in [Self.page(columns, rows: rows).summary(update), Self.page(columns, rows: rows).fullScreen(update, since: nil, others: ["a"])] {
      #expect(lines.allSatisfy { $0.count <= columns }, "\(lines)")
      #expect(lines.count < max(rows, 7), "\(lines)")
    }
  }

  @Test("where there is no room, the processors that work or wait come first, and the others are counted")
  func room() {
    var update = Self.update
    for index in [1, 2] { update.processors[index] = Self.processor("idle \(index)", in: 0, out: 0) }
    update.queues = []
    let lines = Self.page(80, rows: 7).summary(update)
    #expect(lines.count == 6)
    #expect(lines[3].hasPrefix("write heart rat") && lines[4].hasPrefix("cut slices") && lines[5] == "3 more processors", "\(lines)")
  }

  @Test("styles are added to whole lines")
  func styles() {
    let lines = Self.page(80) { text, style in "<\(style.rawValue)>\(text)</>" }.summary(Self.update)
    #expect(lines[0] == "<1>fitbit  20260105T120000Z-1a2b  1:05</>" && lines[2].hasPrefix("<2>processor ") && lines[2].hasSuffix("</>"))
  }

  @Test("is one line where there is no terminal, every 30 seconds")
  func line() {
    #expect(
      ProgressLine.text(Self.update)
        == "fitbit  1:05  participants 12/100  about 35:00 left  FlowFiles 600/1400  in errors 3  deferred 7  get latest sync waits: network  "
        + "get heart rates of every second waits: rate limit until 12:40 UTC  cut slices waits: back pressure from get heart rates of every second")
    var stopping = Self.update
    stopping.stopping = "the provider is gone\nfor good"
    #expect(ProgressLine.text(stopping).hasPrefix("fitbit  1:05  stopping (the provider is gone)  participants 12/100"))
    var pace = ProgressPace()
    #expect([0.5, 29.9, 30.2, 31, 59, 61, 200, 209, 210].map { pace.isDue(at: $0) } == [false, false, true, false, false, true, true, false, true])
  }
}
