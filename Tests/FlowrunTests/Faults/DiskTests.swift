import FlowSimulator
import FlowTesting
import Foundation
import StudyModel
import Testing

/// A machine on which a test may mount file systems for one process: what a full disk and a read-only one really do.
enum Mounts {
  static let areAllowed = geteuid() == 0 && FileManager.default.isExecutableFile(atPath: "/usr/bin/unshare")

  /// Runs the following command after the script, in its own mount namespace, which ends with the process.
  static func launcher(_ script: String) -> [String] {
    ["/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sh", "-c", script + "\nexec \"$@\"", "sh"]
  }
}

@Suite("Disks that are full or cannot be written")
struct DiskTests {
  struct ReadOnly: Sendable, CustomTestStringConvertible {
    var folder: String
    var exit: Int32
    var testDescription: String { folder }
  }

  @Test(
    "a read-only folder is told by name before anything is asked; later everything is collected",
    .enabled(if: Mounts.areAllowed, "only root may mount a read-only folder"), .timeLimit(.minutes(5)),
    arguments: [
      ReadOnly(folder: "data", exit: 69), ReadOnly(folder: "errors", exit: 1), ReadOnly(folder: ".flowrun", exit: 1),
      ReadOnly(folder: "participants", exit: 1),
    ])
  func readOnly(_ readOnly: ReadOnly) async throws {
    let study = try await Study(participants: 3, days: 1)
    let folder = study.binary.folder.path(readOnly.folder)
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let database = ["-p", "database=data/study.sqlite"]
    let parameters = study.parameters.map { $0 == "database=study.sqlite" ? database[1] : $0 }
    let result = try await study.binary.run(
      ["run", BuiltBinary.flow("fitbit")] + parameters,
      through: Mounts.launcher("mount --bind '\(folder)' '\(folder)' && mount -o remount,ro,bind '\(folder)' || exit 99"))
    #expect(result.exit == readOnly.exit, "\(result.errors)\(result.output)")
    #expect(result.errors.contains(readOnly.folder), "\(result.errors)")
    #expect(result.errors.contains("ead-only") || result.errors.contains("cannot be written"), "\(result.errors)")
    #expect(study.simulator.statistics.totalRequests == 0)
    let (last, _) = try await study.run()
    #expect(last.exit == 0, "\(last.errors)")
    try await study.expectEverything("")
    await study.simulator.stop()
  }

  @Test(
    "a disk that runs full at any point: a clear message, and once there is room everything is collected",
    .enabled(if: Mounts.areAllowed, "only root may mount a small file system"), .timeLimit(.minutes(5)),
    arguments: [24, 200, 320, 500, 800, 1200])
  func full(kilobytes: Int) async throws {
    let study = try await Study(participants: 4, days: 2)
    let folder = study.binary.folder.path("")
    // Everything that a run writes lies on a small file system. Its room is looked at before the start, so it is taken away once the run
    // is under way; then it is given back, and at last all is copied back.
    let script = """
      cd '\(folder)' && mkdir disk && mount -t tmpfs -o size=16m,mode=700 tmpfs disk && cp -a participants disk/ && cd disk || exit 99
      (waited=0; until [ -e .flowrun/journal.sqlite ] || [ $waited -ge 6000 ]; do sleep 0.01; waited=$((waited + 1)); done
       dd if=/dev/zero of=ballast bs=1k count=$(($(df -k --output=avail . | tail -1) - \(kilobytes))) 2>/dev/null) &
      "$@"; echo $? > ../exit.1
      wait; rm ballast
      "$@"; echo $? > ../exit.2
      cd .. && rm -rf participants && cp -a disk/. .
      exit 0
      """
    let result = try await study.flowrun(through: Mounts.launcher(script))
    func exit(_ number: Int) -> Int32? {
      (try? String(contentsOfFile: study.binary.folder.path("exit.\(number)"), encoding: .utf8)).flatMap { Int32($0.dropLast()) }
    }
    // On a busy machine the room may be taken away when all is written already: then the run has nothing to tell. `injected` fails calls
    // by their number.
    if exit(1) != 0 {
      #expect([1, 69, 75].contains(exit(1)), "\(exit(1) ?? -1) \(result.errors)\(result.output)")
      #expect(["No space left", "is full", "free some space"].contains { result.errors.contains($0) }, "\(result.errors)")
    }
    #expect(exit(2) == 0, "\(result.errors)\(result.output)")
    try await study.expectEverything("\(result.errors)")
    await study.simulator.stop()
  }

  struct Injected: Sendable, CustomTestStringConvertible {
    var rule: String
    var exits: Set<Int32>
    var testDescription: String { rule }
  }

  /// 28: no space left; 30: read-only file system.
  @Test("persistent failure from some call on is reported, and no data are lost", .timeLimit(.minutes(5)), arguments: [
    Injected(rule: "fail 28 file.write participants/ 1+", exits: [1]),
    Injected(rule: "fail 28 file.write participants/ 5", exits: [0]),
    Injected(rule: "fail 30 file.rename participants/ 5+", exits: [1]),
    Injected(rule: "fail 28 file.write errors/ 1+", exits: [1]),
    Injected(rule: "fail 30 file.open .flowrun 1+", exits: [1]),
    Injected(rule: "fail 28 sql.statement * 100+", exits: [1, 69, 75]),
    // Slices that are ready together are one commit: on a fast machine the ninth is the audit trail's, whose loss is 1.
    Injected(rule: "fail 28 sql.commit * 9", exits: [0, 1, 75]),
    // While the schema is made: the run does not begin.
    Injected(rule: "fail 28 sql.begin * 1", exits: [69]),
    Injected(rule: "fail 28 sql.begin * 2", exits: [69]),
    Injected(rule: "fail 5 http.send DATA 2", exits: [0]),
  ], ShippedFlow.allCases)
  func injected(_ injected: Injected, _ shipped: ShippedFlow) async throws {
    let study = try await Study(participants: 3, days: 1, flow: shipped.rawValue)
    let rule = injected.rule.replacingOccurrences(of: "DATA", with: shipped.dataPath)
    let flow = try study.editedFlow(ReplayTests.quick)
    let result = try await study.flowrun(flow: flow, environment: ["FLOWRUN_INTERFERENCE": rule])
    #expect(injected.exits.contains(result.exit), "\(result.exit) \(result.errors)\(result.output)")
    if result.exit == 1 { #expect(result.errors.contains("error: "), "\(result.errors)") }
    try await study.expectNothingWrong("\(result.errors)")
    let last = try await study.flowrun(flow: flow, ["--format", "json"])
    #expect(last.exit == 0, "\(last.errors)")
    try await study.expectEverything("\(result.errors)")
    await study.simulator.stop()
  }
}
