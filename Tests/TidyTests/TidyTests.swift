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
    // Foundation's waits for a socket that other programs may hold.
    Ban(pattern: " Process()", instead: "TestProgram or ChildProcess", folders: ["Sources", "Tests", "Benchmarks"]),
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

  @Test("nothing banned is in the source", arguments: TidyTests.bans)
  func nothingBanned(_ ban: Ban) throws {
    for file in SourceFile.all(in: ban.folders) where file.name != "TidyTests.swift" && !ban.allowed.contains(file.name) && !file.path.hasSuffix(".md") {
      // A rule may be named where it is explained.
      for place in try file.places(of: NSRegularExpression.escapedPattern(for: ban.pattern)) where !place.isComment {
        Issue.record("\(place): '\(ban.pattern)'; use \(ban.instead)")
      }
    }
  }

  @Test("only flowrun and its reports write to standard output")
  func prints() throws {
    for file in SourceFile.swift(in: "Sources") where !file.path.contains("/flowrun/Report/") {
      for place in try file.places(of: #"(^|[^.\w])print\("#) where !place.line.contains("func print(") {
        Issue.record("\(place): print(; use Terminal")
      }
    }
  }

  @Test("what is closed after an error goes through withClosing, which keeps the first error")
  func closing() throws {
    let swallowed = #"try\? (await )?[\w.]*\.(close|endReservation|release|unlock|shutdownGracefully)\("#
    for place in try SourceFile.swift(in: "Sources").flatMap({ try $0.places(of: swallowed) }) {
      Issue.record("\(place): a swallowed failure to close; use withClosing")
    }
  }

  @Test("a test that waits for something gives up some time")
  func waits() throws {
    for place in try SourceFile.swift(in: "Tests").flatMap({ try $0.places(of: #"\bwhile\b.*\{ ?(await [^;\n]*)?\}$"#) }) where !place.line.contains("isCancelled") {
      Issue.record("\(place): a loop without an end; use waitUntil")
    }
  }

  @Test("no source file grows beyond what one can hold in mind")
  func sizes() throws {
    for file in SourceFile.swift(in: "Sources") {
      let lines = file.text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
      #expect(lines <= 450, "\(file.name) has \(lines) lines; think again at 400")
    }
  }

  @Test("every processor's file is in the list of its module", arguments: [
    ("FlowProcessors", "FrameworkProcessors"), ("StudyProcessors", "BuiltinProcessors"),
  ])
  func processorsAreListed(module: String, list name: String) throws {
    let list = try #require(SourceFile.all(in: "Sources/\(module)").first { $0.name == "\(name).swift" }).text
    for file in SourceFile.swift(in: "Sources/\(module)") {
      guard let match = file.text.firstMatch(of: #/package struct (\w+): Processor \{/#) else { continue }
      #expect("\(match.1).swift" == file.name, "one processor, one file of its name")
      // A rebuild puts it into its graph; a flow file cannot name it.
      guard match.1 != "ReadRawResponses" else { continue }
      #expect(list.contains("\(match.1).self"), "\(match.1) is not in \(name)")
    }
  }

  @Test("the framework has no word of a study", arguments: [
    ("FlowBase", studyWords), ("FlowCrypto", studyWords), ("FlowCore", studyWords), ("FlowDefinition", studyWords), ("FlowEngine", studyWords),
    ("FlowFileSystem", studyWords), ("FlowParquet", studyWords), ("FlowProcessors", studyWords), ("FlowPatterns", studyWords),
    // The language has its own tokens, scopes and slices, and HTTP has tokens.
    ("FlowExpression", "participant|provider|heart.?rate"), ("FlowHTTP", "participant|provider|scope|heart.?rate"),
    ("FlowObjects", "participant|provider|heart.?rate|slice"),
    // Its messages ask for the participant's zone.
    ("FlowJSON", "provider|scope|token|heart.?rate|slice"),
  ])
  func frameworkWords(module: String, words: String) throws {
    for file in SourceFile.swift(in: "Sources/\(module)") {
      // A type of Swift's, and a phrase of libyaml's.
      let text = file.text.replacingOccurrences(of: "ArraySlice", with: "").replacingOccurrences(of: "start any token", with: "")
      for place in try file.places(of: "(?i)\\b\\w*(\(words))", in: text) { Issue.record("\(place): '\(place.match)'") }
    }
  }

  @Test("an error type represents a subject, and there are few")
  func errorTypes() throws {
    let declaration = #/(?m)^ *(?:(?:package|private|fileprivate|final|indirect) )*(?:struct|enum|class|extension) (\w+)[^\n{]*[:,] *Error\b/#
    var names: Set<String> = []
    for line in try SourceFile.swift(in: "Sources").flatMap({ try $0.places(of: #"(struct|enum|class|extension) .*\bError\b"#) }).map(\.line) {
      if let match = line.firstMatch(of: declaration) { names.insert(String(match.1)) }
    }
    // What is thrown and caught in one file is an optional or an enum; Architecture.md says what each of these is for.
    #expect(
      names.symmetricDifference([
        "Diagnostic", "Diagnostics", "ExpressionProblem", "EvaluationError", "PatternProblem", "ExtractionError", "XMLProblem", "PackageProblem", "ParquetProblem", "ProcessorError", "StopRun", "Misuse",
        "FileSystemError", "TransportError", "ObjectStorageError", "CommandRefusal", "ConsentFailure", "CronProblems", "RunRefusal", "ServerError", "RawDamage", "WebProblem",
        "WorkLeft",
        // The simulator, and what tests are made of.
        "SimulatorError", "WireRefusal", "InjectedFault", "Stuck", "BrokenPromise", "NeverHappened", "Failure",
      ]) == [])
  }

  @Test("a type's name is declared once in all sources")
  func typeNames() throws {
    var places: [String: [String]] = [:]
    for file in SourceFile.swift(in: "Sources") {
      for name in Self.typeNames(in: file.text) { places[name, default: []].append(file.name) }
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
    for file in SourceFile.swift(in: "Sources") where !file.path.contains(#/\/Flow(SQLite|Postgres)\//#) {
      for place in try file.places(of: #"SQLite|import (GRDB|CPostgres)|FlowPostgres|Postgres(?!Server|QL)|RunJournal|DatabaseReader"#) {
        #expect(file.path.hasSuffix("FlowRuntime/Composition/ServiceCatalog.swift"), "\(place) names \(place.match); use RecordStore")
      }
    }
  }

  @Test("every source file that a page of the documentation names is there")
  func namedFiles() throws {
    var count = 0
    for page in SourceFile.all(in: "Sources/FlowCore/FlowCore.docc") where page.path.hasSuffix(".md") {
      for match in page.text.matches(of: #/`(?:Sources/)?([A-Z]\w+\/[\w\/+]+\.swift)`/#) {
        count += 1
        let path = SourceFile.root.appending(path: "Sources/\(match.1)").path(percentEncoded: false)
        #expect(FileManager.default.fileExists(atPath: path), "\(page.name) names \(match.1)")
      }
    }
    #expect(count > 40)
  }

  @Test("no file names a machine's own paths")
  func machinePaths() throws {
    let forbidden = ["/wo" + "rk/", "/op" + "t/swift", "/tmp/bash_" + "jobs"]
    for place in try SourceFile.all(in: "Sources", "Tests", "Scripts", "Flows", "Benchmarks").flatMap({
      try $0.places(of: forbidden.joined(separator: "|"))
    }) { Issue.record("\(place) names \(place.match)") }
  }
}
