import FlowCore
import FlowDefinition
import FlowErrors
import FlowExpression
import FlowJSON
import FlowPackaging
import FlowSQLite
import Foundation
import StudyModel
import StudyParticipants
import StudyProcessors
import StudyRaw

/// A reader of what comes from outside, given any bytes: it must end, with a value or with an error that it declares, and what it read
/// must read back the same.
///
/// Used by the seeded mutator of the normal tests and by `Scripts/fuzz`, where libFuzzer looks for new paths.
package enum FuzzTarget: String, CaseIterable, Sendable {
  case flowFile = "flow-file"
  case expression
  case participantFile = "participant-file"
  case enrolmentTable = "enrolment-table"
  case errorEntry = "error-entry"
  case providerResponse = "provider-response"
  case slicePlan = "slice-plan"
  case zoneFile = "zone-file"
  case brokenText = "broken-text"
  case flowFilePackage = "flowfile-package"
  case nifiFlow = "nifi-flow"

  /// Reads the bytes. Throws `BrokenPromise` where a reader breaks its word; a crash or a hang is the fuzzer's to find.
  package func read(_ bytes: [UInt8]) throws {
    switch self {
    case .flowFile: try Self.readFlowFile(bytes)
    case .expression: try Self.readExpression(bytes)
    case .participantFile: try Self.readParticipantFile(bytes)
    case .enrolmentTable: try Self.readEnrolmentTable(bytes)
    case .errorEntry: try Self.readErrorEntry(bytes)
    case .providerResponse: try Self.readProviderResponse(bytes)
    case .slicePlan: try Self.readSlicePlan(bytes)
    case .zoneFile: try Self.readZoneFile(bytes)
    case .brokenText: try Self.readBrokenText(bytes)
    case .flowFilePackage: try Self.readFlowFilePackages(bytes)
    case .nifiFlow: try Self.readNiFiFlow(bytes)
    }
  }
}

/// What a reader did that it must not do.
package struct BrokenPromise: Error, CustomStringConvertible {
  package let description: String
}

extension FuzzTarget {
  static let loader = FlowLoader(
    processors: BuiltinProcessors.catalog, services: [DatabaseDeclaration.descriptor, RawStorage.descriptor, FitbitWebAPI.descriptor, GoogleHealthAPI.descriptor],
    compiler: { CompiledExpressions(parameters: $0) }, conventions: .study)

  private static func readFlowFile(_ bytes: [UInt8]) throws {
    guard case .failure(let problems) = loader.load(bytes: bytes, file: "fuzz.yaml") else { return }
    if problems.all.isEmpty { throw BrokenPromise(description: "a flow that is refused has no problem") }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).count
    for problem in problems.all {
      // A line may also end with a carriage return or a Unicode line separator, so that there are more lines than line feeds.
      guard let position = problem.position else { continue }
      let isInside = position.line >= 1 && position.column >= 1 && position.line <= max(lines, bytes.count) + 1
      if !isInside { throw BrokenPromise(description: "\(problem) is outside of the file") }
    }
  }

  private static func readFlowFilePackages(_ bytes: [UInt8]) throws {
    var reader = PackageReader(bytes), packages: [FlowFilePackage] = []
    do throws(PackageProblem) {
      while let package = try reader.next() { packages.append(package) }
    } catch {
      guard (0...bytes.count).contains(error.offset), error.package > packages.count else {
        throw BrokenPromise(description: "the problem '\(error)' is outside of the packages")
      }
    }
    var again = PackageReader(packages.flatMap(\.bytes))
    for package in packages {
      guard try again.next() == package else { throw BrokenPromise(description: "a package does not read back as it was written") }
    }
  }

  private static let attributes = ["a": "1", "b": "two words", "c": "{\"d\":[1,2.5,null]}", "e": "2026-01-05 10:11:12", "f": ""]

  private static let environment = ExpressionEnvironment(time: DispatchTimeSource(), random: SeededRandomSource(seed: 1))

  private static func readExpression(_ bytes: [UInt8]) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    do throws(ExpressionProblem) {
      let expression = try Expression(text)
      // An evaluation error is an answer.
      _ = try? expression.evaluate(attributes, environment: environment)
    } catch {
      guard (0...text.unicodeScalars.count).contains(error.offset), !error.expected.isEmpty else {
        throw BrokenPromise(description: "the problem '\(error)' is outside of the text")
      }
    }
  }

  private static func readParticipantFile(_ bytes: [UInt8]) throws {
    let file: ParticipantFile
    do {
      file = try ParticipantFile(parsing: bytes, participant: "P0001", path: "P0001.json")
    } catch {
      if error.all.isEmpty { throw BrokenPromise(description: "a file that is refused has no problem") }
      return
    }
    let again = try ParticipantFile(parsing: file.bytes, participant: "P0001", path: "P0001.json")
    if again.token != file.token || again.enrolled != file.enrolled || again.previousSync != file.previousSync {
      throw BrokenPromise(description: "a participant file does not read back as it was written")
    }
  }

  private static func readEnrolmentTable(_ bytes: [UInt8]) throws {
    let table: EnrolmentTable
    do {
      table = try EnrolmentTable(parsing: bytes, file: "people.csv", now: Instant(seconds: 1_786_000_000))
    } catch {
      if error.all.isEmpty { throw BrokenPromise(description: "a table that is refused has no problem") }
      // Lines end with a line feed, a carriage return or both.
      let lines = bytes.count { $0 == 10 || $0 == 13 } + 1
      for problem in error.all where problem.position.map({ !(1...lines).contains($0.line) || $0.column < 1 }) ?? false {
        throw BrokenPromise(description: "\(problem) is outside of the file")
      }
      return
    }
    for enrolment in table.enrolments {
      let file = try ParticipantFile(enrolling: enrolment, isSimulated: false, path: "people.csv")
      let again = try ParticipantFile(parsing: file.bytes, participant: enrolment.participant, path: "people.csv")
      var updated = again
      updated.update(from: enrolment)
      if again != file || updated != file { throw BrokenPromise(description: "an enrolment does not read back as it was written") }
    }
  }

  private static func readErrorEntry(_ bytes: [UInt8]) throws {
    do {
      let document = try EntryDocument(bytes: bytes)
      if try EntryDocument(bytes: document.bytes()) != document {
        throw BrokenPromise(description: "an entry does not read back as it was written")
      }
    } catch is Diagnostic {}
    do {
      let batch = try RecordLines.batch(from: bytes)
      if try RecordLines.batch(from: RecordLines.bytes(of: batch)).count != batch.count {
        throw BrokenPromise(description: "rows do not read back as they were written")
      }
    } catch is Diagnostic {}
  }

  /// Every mapping of the shipped flows.
  private static let mappings: [RecordMapping] = {
    let folder = URL(filePath: #filePath).appending(path: "../../../Flows").standardizedFileURL
    let files = ((try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? [])
      .filter { $0.pathExtension == "yaml" }
    let graphs = files.sorted { $0.path() < $1.path() }.compactMap { file -> FlowGraph? in
      guard let bytes = try? Data(contentsOf: file) else { return nil }
      return try? loader.load(bytes: Array(bytes), file: file.lastPathComponent).get()
    }
    return graphs.flatMap(\.processors).filter { $0.type == ExtractRecords.self }.map { ExtractRecords.mapping($0.values) }
  }()

  private static func readProviderResponse(_ bytes: [UInt8]) throws {
    if mappings.isEmpty { throw BrokenPromise(description: "the shipped flows have no mapping") }
    let extractor = SimdJSONExtractor()
    let context = ExtractionContext(utcOffset: { _ in -18_000 }, firstDate: CivilDate(text: "2026-01-05"))
    for mapping in mappings {
      // Values of attribute columns are not the answer's: any text does.
      var context = context
      for column in mapping.columns where column.origin == .attribute { context.attributeValues[column.name] = "2026-01-05" }
      do {
        let batch = try extractor.extract(bytes, mapping: mapping, context: context)
        if batch.columns.contains(where: { $0.values.count != batch.count }) {
          throw BrokenPromise(description: "a column has not as many values as there are rows")
        }
      } catch is ExtractionError {}
    }
    _ = ErrorEnvelope(bytes)
    guard let document = try? JSONTree(parsing: bytes) else { return }
    for wire in [FitbitWire(), GoogleHealthWire()] as [any ProviderWire] { _ = wire.tokenAnswer(document) }
  }
}
