import Foundation
import Testing

/// What only a study knows of.
private let studyWords = "participant|provider|scope|token|heart.?rate|slice"

/// Rules of style that a test can hold: what must not stand in the source, and what to use instead.
@Suite("The source keeps its own rules")
struct TidyTests {
  struct Ban: Sendable, CustomTestStringConvertible {
    var pattern: String
    var instead: String
    /// Folders below the root in which it is looked for.
    var folders: [String]
    /// File names that may hold it, with their reason in the file.
    var allowed: Set<String> = []
    var testDescription: String { pattern }
  }

  static let bans: [Ban] = [
    Ban(
      pattern: "@unchecked Sendable", instead: "Locked or QueueConfined", folders: ["Sources"],
      allowed: ["Locked.swift", "QueueConfined.swift"]),
    Ban(pattern: "nonisolated(unsafe)", instead: "Locked", folders: ["Sources", "Tests"]),
    Ban(pattern: "@preconcurrency", instead: "a Sendable type", folders: ["Sources", "Tests"]),
    Ban(pattern: "try!", instead: "try", folders: ["Sources"]),
    Ban(pattern: "as!", instead: "as?", folders: ["Sources"]),
    Ban(pattern: "DispatchSemaphore", instead: "await", folders: ["Sources"]),
    Ban(pattern: "Thread.sleep", instead: "ManualTime", folders: ["Sources", "Tests"]),
    Ban(
      pattern: "Task.sleep", instead: "TimeSource.sleep or ManualTime", folders: ["Sources", "Tests"],
      // A slow answer of the simulator ends when its server stops: only the task's own sleep does that.
      allowed: ["SimulatorServer.swift"]),
    Ban(pattern: "usleep(", instead: "ManualTime", folders: ["Sources", "Tests"]),
    Ban(pattern: "Task.detached", instead: "Task(executorPreference:)", folders: ["Sources"]),
    Ban(pattern: "0123456789abcdef", instead: "Hexadecimal", folders: ["Sources"], allowed: ["Hexadecimal.swift"]),
    Ban(pattern: "0123456789ABCDEF", instead: "Hexadecimal", folders: ["Sources"], allowed: ["Hexadecimal.swift"]),
    Ban(
      pattern: "String(repeating: \"0\"", instead: "padded(to:)", folders: ["Sources"],
      // A digest of a test's flow.
      allowed: ["Hexadecimal.swift", "RuntimeEnvironment+Testing.swift"]),
    Ban(pattern: "secondsFromGMT(for", instead: "CivilZone", folders: ["Sources"],
      // Where the system has no zone file, and where Java's rules differ.
      allowed: ["SystemZones.swift", "Zone.swift"]),
    Ban(pattern: "ArgumentParser", instead: "a value or a typed error", folders: ["Sources/FlowRuntime"]),
    Ban(pattern: "STDOUT_FILENO", instead: "a value or a notice", folders: ["Sources/FlowRuntime"]),
    Ban(pattern: "STDERR_FILENO", instead: "a value or a notice", folders: ["Sources/FlowRuntime"]),
    Ban(pattern: "FileHandle.standard", instead: "a value or a notice", folders: ["Sources/FlowRuntime"]),
    Ban(pattern: "ParticipantStore", instead: "a function of FlowRuntime/Participants", folders: ["Sources/flowrun"]),
    Ban(pattern: ".store.", instead: "a function of FlowRuntime/Participants", folders: ["Sources/flowrun"]),
    Ban(pattern: "ErrorFolder(", instead: "ErrorRecords", folders: ["Sources/flowrun"]),
    Ban(pattern: "TO" + "DO", instead: "doing it", folders: ["Sources", "Tests", "Scripts", "Flows"]),
    Ban(pattern: "FIX" + "ME", instead: "mending it", folders: ["Sources", "Tests", "Scripts", "Flows"]),
  ]

  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func files(in folders: [String]) -> [URL] {
    folders.flatMap { folder -> [URL] in
      let enumerator = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: [.isRegularFileKey])
      return (enumerator?.compactMap { $0 as? URL } ?? []).filter { (try? $0.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile) == true }
    }
  }

  @Test("nothing banned is in the source", arguments: TidyTests.bans)
  func nothingBanned(_ ban: Ban) throws {
    for file in Self.files(in: ban.folders) where file.lastPathComponent != "TidyTests.swift" && !ban.allowed.contains(file.lastPathComponent) {
      guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() where line.contains(ban.pattern) {
        // A rule may be named where it is explained.
        if line.trimmingCharacters(in: .whitespaces).hasPrefix("//") || file.pathExtension == "md" { continue }
        Issue.record("\(file.path(percentEncoded: false)):\(number + 1): '\(ban.pattern)'; use \(ban.instead)")
      }
    }
  }

  @Test("only flowrun and its reports write to standard output")
  func prints() throws {
    for file in Self.files(in: ["Sources"]) where file.pathExtension == "swift" && !file.path().contains("/flowrun/Report/") {
      let text = try String(contentsOf: file, encoding: .utf8)
      for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        let isPrint = line.contains(#/(^|[^.\w])print\(/#) && !line.contains("func print(")
        if isPrint { Issue.record("\(file.path(percentEncoded: false)):\(number + 1): print(; use Terminal") }
      }
    }
  }

  @Test("what is closed after an error goes through withClosing, which keeps the first error")
  func closing() throws {
    let swallowed = #/try\? (await )?[\w.]*\.(close|endReservation|release|unlock|shutdownGracefully)\(/#
    for file in Self.files(in: ["Sources"]) where file.pathExtension == "swift" {
      for (number, line) in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).enumerated()
      where line.contains(swallowed) {
        Issue.record("\(file.path(percentEncoded: false)):\(number + 1): a swallowed failure to close; use withClosing")
      }
    }
  }

  @Test("no source file grows beyond what one can hold in mind")
  func sizes() throws {
    for file in Self.files(in: ["Sources"]) where file.pathExtension == "swift" {
      let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).count
      #expect(lines <= 450, "\(file.lastPathComponent) has \(lines) lines; think again at 400")
    }
  }

  @Test("every processor's file is in the list of its module", arguments: [
    ("FlowProcessors", "FrameworkProcessors"), ("StudyProcessors", "BuiltinProcessors"),
  ])
  func processorsAreListed(module: String, list name: String) throws {
    let list = try String(contentsOf: Self.root.appending(path: "Sources/\(module)/\(name).swift"), encoding: .utf8)
    for file in Self.files(in: ["Sources/\(module)"]) where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      guard let match = text.firstMatch(of: #/package struct (\w+): Processor \{/#) else { continue }
      #expect(String(match.1) == file.deletingPathExtension().lastPathComponent, "one processor, one file of its name")
      #expect(list.contains("\(match.1).self"), "\(match.1) is not in \(name)")
    }
  }

  @Test("the framework has no word of a study", arguments: [
    ("FlowBase", studyWords), ("FlowCrypto", studyWords), ("FlowCore", studyWords), ("FlowDefinition", studyWords), ("FlowEngine", studyWords),
    ("FlowFileSystem", studyWords), ("FlowProcessors", studyWords),
    // The language has its own tokens, scopes and slices, and HTTP has tokens.
    ("FlowExpression", "participant|provider|heart.?rate"), ("FlowHTTP", "participant|provider|scope|heart.?rate"),
    // Its messages ask for the participant's zone.
    ("FlowJSON", "provider|scope|token|heart.?rate|slice"),
  ])
  func frameworkWords(module: String, words: String) throws {
    let word = try Regex("(?i)\\b\\w*(\(words))")
    for file in Self.files(in: ["Sources/\(module)"]) where file.pathExtension == "swift" {
      for (number, line) in try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
        // A type of Swift's, and a phrase of libyaml's.
        let text = String(line).replacing("ArraySlice", with: "").replacing("start any token", with: "")
        if let match = text.firstMatch(of: word) { Issue.record("\(module)/\(file.lastPathComponent):\(number + 1): '\(text[match.range])'") }
      }
    }
  }

  @Test("an error type represents a subject, and there are few")
  func errorTypes() throws {
    let declaration = #/(?m)^ *(?:(?:package|private|fileprivate|final|indirect) )*(?:struct|enum|class|extension) (\w+)[^\n{]*[:,] *Error\b/#
    var names: Set<String> = []
    for file in Self.files(in: ["Sources"]) where file.pathExtension == "swift" {
      for match in try String(contentsOf: file, encoding: .utf8).matches(of: declaration) { names.insert(String(match.1)) }
    }
    // What is thrown and caught in one file is an optional or an enum; Architecture.md says what each of these is for.
    #expect(
      names.symmetricDifference([
        "Diagnostic", "Diagnostics", "ExpressionProblem", "EvaluationError", "ExtractionError", "ProcessorError", "StopRun", "Misuse",
        "FileSystemError", "TransportError", "CommandRefusal",
        // The simulator, and what tests are made of.
        "SimulatorError", "WireRefusal", "InjectedFault", "Stuck", "BrokenPromise",
      ]) == [])
  }

  @Test("a type's name is declared once in all sources")
  func typeNames() throws {
    var places: [String: [String]] = [:]
    for file in Self.files(in: ["Sources"]) where file.pathExtension == "swift" {
      for name in Self.typeNames(in: try String(contentsOf: file, encoding: .utf8)) {
        places[name, default: []].append(file.lastPathComponent)
      }
    }
    for (name, files) in places.sorted(by: { $0.key < $1.key }) where files.count > 1 {
      Issue.record("'\(name)' is declared in \(files.sorted().joined(separator: ", ")); one logic is one type, two meanings have two names")
    }
  }

  @Test("type names are found at the top level and, with their type's name before them, in extensions; others are nested and free")
  func typeNamesAreFound() {
    let text = """
      package struct Outer: Sendable {
        struct State {}
      }
      extension Outer {
        enum Error {
          struct Deep {}
        }
      }
      private final class Inner {}
      @resultBuilder indirect enum Tree {}
      """
    #expect(Self.typeNames(in: text) == ["Outer", "Outer.Error", "Inner", "Tree"])
  }

  /// The declarations of a file that is indented as ours are: types at the margin, and types one level in of an extension.
  private static func typeNames(in text: String) -> [String] {
    let declaration =
      #/^(?<indentation> *)(?:@\w+(?:\([^)]*\))? )*(?:(?:package|public|internal|private|fileprivate|final|indirect) )*(?:struct|class|enum|protocol|actor|typealias) (?<name>\w+)/#
    let opening = #/^(?:@\w+(?:\([^)]*\))? )*(?:(?:package|public|private|fileprivate) )?extension (?<name>[\w.]+)/#
    var names: [String] = []
    var extended: String?
    for line in text.split(separator: "\n") {
      if let match = line.prefixMatch(of: opening) {
        extended = String(match.name)
      } else if let match = line.prefixMatch(of: declaration) {
        if match.indentation.isEmpty {
          extended = nil
          names.append(String(match.name))
        } else if match.indentation.count == 2, let extended {
          names.append("\(extended).\(match.name)")
        }
      }
    }
    return names
  }

  @Test("a store is named by its type in its own module and in the service catalogue, nowhere else")
  func storesAreNamedOnce() throws {
    for file in Self.files(in: ["Sources"]) where file.pathExtension == "swift" && !file.path().contains("/FlowSQLite/") {
      let text = try String(contentsOf: file, encoding: .utf8)
      for word in ["SQLite", "import GRDB", "RunJournal", "DatabaseReader"] where text.contains(word) {
        #expect(file.path().hasSuffix("FlowRuntime/Composition/ServiceCatalog.swift"), "\(file.lastPathComponent) names \(word); use RecordStore")
      }
    }
  }

  @Test("every source file that a page of the documentation names is there")
  func namedFiles() throws {
    var count = 0
    for page in Self.files(in: ["Sources/FlowCore/FlowCore.docc"]) where page.pathExtension == "md" {
      for match in try String(contentsOf: page, encoding: .utf8).matches(of: #/`(?:Sources/)?([A-Z]\w+\/[\w\/+]+\.swift)`/#) {
        count += 1
        let path = Self.root.appending(path: "Sources/\(match.1)").path(percentEncoded: false)
        #expect(FileManager.default.fileExists(atPath: path), "\(page.lastPathComponent) names \(match.1)")
      }
    }
    #expect(count > 40)
  }

  @Test("no file names a machine's own paths")
  func machinePaths() throws {
    let forbidden = ["/wo" + "rk/", "/op" + "t/swift", "/tmp/bash_" + "jobs"]
    for file in Self.files(in: ["Sources", "Tests", "Scripts", "Flows", "Benchmarks"]) {
      guard let text = try? String(contentsOf: file, encoding: .utf8) else { continue }
      for path in forbidden where text.contains(path) { Issue.record("\(file.lastPathComponent) names \(path)") }
    }
  }
}
