import ArgumentParser
import FlowCore
import FlowRuntime
import StudyModel
import Testing

@testable import flowrun

@Suite("The end of a run")
struct TroubleListTests {
  private static func names(_ range: ClosedRange<Int>) -> [String] { range.map { "P000\($0)" } }

  private static var report: RunReport {
    var report = RunReport(run: "20260105T120000Z-1a2b", flow: "fitbit", flowSHA256: "", started: "", finished: "")
    report.flowFile = "Flows/fitbit.yaml"
    report.exit = 75
    report.also = [65]
    report.participants.total = 16
    report.participants.complete = 5
    report.participants.deferred = 8
    report.participants.needsConsent = 3
    report.flowfiles.created = 60
    report.flowfiles.finished = 12
    report.flowfiles.inErrors = 48
    report.errors = .init(count: 48, folder: "e")
    var slices = ProcessorReport(name: "slice time range", type: "SliceTimeRange")
    slices.received = 23
    slices.sent = ["activity": 89, "zones": 89, "heart": 69, "steps": 69, "done": 23]
    slices.seconds = 0.45
    var heart = ProcessorReport(name: "invoke heart", type: "InvokeEndpoint")
    heart.received = 69
    heart.sent = ["success": 33, "failure": 36]
    heart.failed = 36
    heart.retried = 108
    heart.seconds = 57.97
    report.processors = [slices, heart]
    report.troubles = [
      .init(
        cause: "needs_consent", count: 3, participants: names(1...3), retryable: false, example: "the provider refuses the refresh token (invalid_grant)\nof P0003",
        uuid: "0190c4d2"),
      .init(cause: "bad_data", count: 9, participants: names(1...2), retryable: false, example: "'heart' is no list", uuid: "0190c4d3"),
      .init(cause: "not_found", count: 1, participants: names(4...4), retryable: false, uuid: "0190c4d4"),
      .init(cause: "internal", count: 1, participants: [], retryable: false, uuid: "0190c4d5"),
      .init(cause: "server_error", count: 36, participants: names(4...9), retryable: true, example: "status 503: no server is available to handle this request, try later"),
      .init(cause: "waiting", count: 0, participants: names(8...9), retryable: true),
    ]
    return report
  }

  private static let hint = CommandHint(options: ["-p", "database=my data.sqlite", "--errors", "e"], hasParameters: true)

  @Test("names what is left by cause, for whom, and the command that deals with it; the verdict is last")
  func wide() throws {
    let terminal = Terminal(try OutputOptions.parse(["--color", "never"]))
    #expect(
      RunTable.lines(Self.report, terminal, Self.hint).joined(separator: "\n") == """
        processor         received  sent                                                failed  retried     busy
        slice time range        23  activity 89, zones 89, heart 69, steps 69, done 23       -        -   0.45 s
        invoke heart            69  failure 36, success 33                                  36      108  57.97 s

        participants  16 = 5 complete + 8 deferred + 3 need consent
        FlowFiles     60 = 12 finished + 48 in errors
        errors        48 in e: flowrun errors list -p 'database=my data.sqlite' --errors e
        trouble       needs_consent: 3 entries of 3 participants: P0001, P0002, P0003
                      the provider refuses the refresh token (invalid_grant); of P0003
                      consent is needed again: flowrun participants invite Flows/fitbit.yaml -p 'database=my data.sqlite' --errors e
        trouble       bad_data: 9 entries of 2 participants: P0001, P0002
                      'heart' is no list
                      ask again, also after a change of the flow: flowrun replay Flows/fitbit.yaml --cause bad_data --allow-flow-change -p 'database=my data.sqlite' --errors e
        trouble       not_found: 1 entry of 1 participant: P0004
                      after a change of the flow: flowrun replay Flows/fitbit.yaml --cause not_found --allow-flow-change -p 'database=my data.sqlite' --errors e
        trouble       internal: 1 entry
                      look at it: flowrun errors show 0190c4d5 -p 'database=my data.sqlite' --errors e
        trouble       server_error: 36 entries of 6 participants: P0004, P0005, P0006 and 3 more
                      status 503: no server is available to handle this request, try later
                      the next run tries again: flowrun Flows/fitbit.yaml -p 'database=my data.sqlite' --errors e
        trouble       waiting: 2 participants: P0008, P0009
                      the next run tries again: flowrun Flows/fitbit.yaml -p 'database=my data.sqlite' --errors e
        run 20260105T120000Z-1a2b: done, but retryable work is left: run it again later (exit 75); 3 participants also need a person (65)
        """)
  }

  @Test("at 80 columns, what a processor sent goes into several lines, and only commands are longer than the terminal is wide")
  func narrow() throws {
    let terminal = Terminal(try OutputOptions.parse(["--color", "never"]))
    #expect(
      RunTable.processors(Self.report, terminal, width: 80).joined(separator: "\n") == """
        processor         received  sent                    failed  retried     busy
        slice time range        23  activity 89, zones 89,       -        -   0.45 s
                                    heart 69, steps 69,
                                    done 23
        invoke heart            69  failure 36, success 33      36      108  57.97 s
        """)
    let lines = TroubleList.lines(Self.report, terminal, Self.hint, width: 60)
    #expect(lines.allSatisfy { $0.count <= 60 || $0.contains(": flowrun ") }, "\(lines)")
    #expect(lines.contains("              status 503: no server is available to handle …"))
  }

  @Test("each cause has words and a command", arguments: Cause.allCases)
  func remedies(_ cause: Cause) {
    let trouble = RunReport.Trouble(cause: cause.rawValue, count: 1, participants: ["P0001"], retryable: cause.isRetryable, uuid: "0190c4d5")
    let remedy = TroubleRemedy(trouble, flow: "f.yaml", hint: CommandHint(options: ["--state", "s"]))
    #expect(!remedy.words.isEmpty && remedy.command.hasPrefix("flowrun ") && remedy.command.hasSuffix(" --state s"))
    #expect(cause.isRetryable == (remedy.command == "flowrun f.yaml --state s"), "\(remedy)")
  }

  @Test("one participant is authorized, several are invited, whoever needs wider consent by name")
  func consent() {
    func command(_ cause: String, _ participants: [String]) -> String {
      let trouble = RunReport.Trouble(cause: cause, count: participants.count, participants: participants, retryable: false)
      return TroubleRemedy(trouble, flow: "f.yaml", hint: CommandHint()).command
    }
    #expect(command("needs_consent", ["P1"]) == "flowrun authorize f.yaml P1" && command("scope", ["P1"]) == "flowrun authorize f.yaml P1")
    #expect(command("needs_consent", ["P1", "P2"]) == "flowrun participants invite f.yaml")
    #expect(command("scope", ["P1", "P2"]) == "flowrun participants invite f.yaml P1 P2")
  }
}
