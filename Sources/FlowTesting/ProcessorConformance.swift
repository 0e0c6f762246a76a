import FlowCore
import Foundation

/// What a processor needs for its conformance test: properties as in a flow file, services, and FlowFiles that exercise
/// it.
package struct ProcessorExample: Sendable {
  package var type: any Processor.Type
  package var properties: [String: PropertyLiteral]
  package var tables: [TableSchema] = []
  package var compiler: any ExpressionCompiler = NoExpressions()
  /// New services for each attempt, by name. Each calls the plan at every call that can fail.
  package var services: @Sendable (FaultPlan, RuntimeEnvironment) async throws -> [String: any Service] = { _, _ in [:] }
  /// A new environment for each attempt.
  package var environment: @Sendable (FaultPlan) throws -> RuntimeEnvironment = { _ in .undriven() }
  /// The waiting FlowFiles; empty for a source.
  package var inputs: [(attributes: Attributes, content: Content)] = []
  /// Texts that must not occur in any output.
  package var secrets: [String] = []

  package init(_ type: any Processor.Type, _ properties: [String: PropertyLiteral] = [:]) {
    self.type = type
    self.properties = properties
  }
}

/// The contract of every processor. Runs an example unchanged, with each service call failing in turn, with attributes
/// missing or malformed, with other content, while stopping, and cancelled. After each attempt every FlowFile must be
/// accounted for, only declared names may have been used, and no secret may appear.
///
///     #expect(try await ProcessorConformance(example).breaches().isEmpty)
package struct ProcessorConformance: Sendable {
  private let example: ProcessorExample
  private let search: SecretSearch

  package init(_ example: ProcessorExample) throws {
    self.example = example
    search = try SecretSearch(example.secrets)
  }

  /// The violations found, one sentence each.
  package func breaches() async throws -> [String] {
    let plan = FaultPlan()
    let whole = try await attempt("with its example", plan)
    var breaches = ProcessorDeclarationRules.breaches(of: example.type, compiler: example.compiler)
    breaches += whole.outcomes.compactMap(\.error).map { "with its example, it throws \($0)" } + whole.breaches
    breaches += try await withFaults(upTo: whole.callCount)
    breaches += try await withoutAttributes() + withOtherContent()
    breaches += try await attempt("while the run stops", isStopping: true, mayThrow: []).breaches
    breaches += try await cancelled()
    return breaches.map { $0.hasPrefix(example.type.descriptor.type) ? $0 : "\(example.type.descriptor.type): \($0)" }
  }

  /// An example that takes more triggers than this is considered an endless loop.
  private static let triggerLimit = 200

  // MARK: Tries

  private struct Attempt {
    var outcomes: [ProcessorTest.Outcome]
    var breaches: [String]
    /// Service calls up to the end of the last trigger.
    var callCount: Int
  }

  /// Triggers until nothing waits. `words` describes the variation.
  /// - Parameter mayThrow: allowed causes of a thrown `ProcessorError`, everything else being a violation; nil allows
  ///   any error.
  private func attempt(
    _ words: String, _ plan: FaultPlan = FaultPlan(), isStopping: Bool = false, mayThrow: Set<Cause>? = nil,
    _ change: (inout Attributes, inout Content) -> Void = { _, _ in }
  ) async throws -> Attempt {
    let bench = try await ProcessorTrial(example, plan, change)
    let outcomes = await bench.test.runAll(bench.flowFiles, isStopping: isStopping, limit: Self.triggerLimit)
    let callCount = plan.callCount
    try await bench.close()
    return Attempt(outcomes: outcomes, breaches: judge(outcomes, bench, words, mayThrow: mayThrow), callCount: callCount)
  }

  /// Makes the n-th service call fail with each kind of error, including an undocumented one and cancellation.
  private func withFaults(upTo callCount: Int) async throws -> [String] {
    let errors: [any Error] = [
      InjectedFault(boundary: "any", call: 0), ProcessorError(.database, "made to fail"), StopRun(.unavailable, .connection, "made to stop"),
      CancellationError(),
    ]
    var breaches: [String] = []
    for call in 1..<(callCount + 1) {
      for error in errors {
        let words = "with call \(call) failing by \(type(of: error))"
        let attempt = try await attempt(words, FaultPlan().fail(call: call, with: error))
        // Errors that stop or cancel the run are not failures of a FlowFile.
        let isOfTheRun = error is StopRun || error is CancellationError
        let isBlamed = attempt.outcomes.flatMap(\.failures).contains { $0.message == "\(error)" }
        breaches += attempt.breaches + (isOfTheRun && isBlamed ? ["\(words), a FlowFile is reported as failed"] : [])
      }
    }
    return breaches
  }

  /// A FlowFile with a missing or malformed attribute fails by itself.
  private func withoutAttributes() async throws -> [String] {
    var breaches: [String] = []
    for name in example.type.descriptor.reads.map(\.name) {
      for value in [nil, "", "\u{FFFD}no sense"] as [String?] {
        let words = "with attribute '\(name)' \(value.map { "'\($0)'" } ?? "missing")"
        breaches += try await attempt(words, mayThrow: [.badData, .expression]) { attributes, _ in attributes[name] = value }.breaches
      }
    }
    return breaches
  }

  private func withOtherContent() async throws -> [String] {
    let records = RecordBatch(columns: [.init(name: "unheard_of", values: .integer([1]))], count: 1)
    var breaches: [String] = []
    for (words, content) in [("no content", Content.empty), ("bytes", .bytes([0, 0xFF, 0x7B])), ("other records", .records(records))] {
      breaches += try await attempt("with \(words)") { _, old in old = content }.breaches
    }
    return breaches
  }

  private func cancelled() async throws -> [String] {
    let bench = try await ProcessorTrial(example)
    let outcome = await bench.test.runCancelled(bench.flowFiles)
    try await bench.close()
    return judge([outcome], bench, "in a cancelled task")
  }

  // MARK: Judgement

  private func judge(_ outcomes: [ProcessorTest.Outcome], _ bench: ProcessorTrial, _ words: String, mayThrow: Set<Cause>? = nil) -> [String] {
    var breaches: [String] = []
    for outcome in outcomes {
      if let misuse = outcome.error as? ProcessSession.Misuse { breaches.append("\(words), \(misuse)") }
      if let mayThrow, let error = outcome.error, (error as? ProcessorError).map({ !mayThrow.contains($0.failure.cause) }) ?? true {
        breaches.append("\(words), it throws \(error)")
      }
      breaches += search.places(in: outcome.everything).map { "\(words), it puts out \($0)" }
      for flowFile in outcome[Relationship.failureName] where flowFile.failure == nil {
        breaches.append("\(words), a FlowFile goes to '\(Relationship.failureName)' without a cause")
      }
    }
    if outcomes.count == Self.triggerLimit { breaches.append("\(words), it does not end after \(Self.triggerLimit) triggers") }
    return breaches + unaccounted(outcomes, bench).map { "\(words), \($0)" }
  }

  /// Each input FlowFile must have left exactly once, or still be waiting.
  private func unaccounted(_ outcomes: [ProcessorTest.Outcome], _ bench: ProcessorTrial) -> [String] {
    guard let last = outcomes.last else { return [] }
    let left = outcomes.flatMap { $0.sent.values.flatMap { $0 } + $0.removed }.map(\.id)
    let waiting = (last.untaken + last.requeued.map(\.flowFile) + last.held.map(\.flowFile)).map(\.id)
    return bench.flowFiles.compactMap { flowFile in
      let count = (left + waiting).count { $0 == flowFile.id }
      return count == 1 ? nil : "an input is accounted for \(count) times"
    }
  }
}

/// The processor and FlowFiles of one attempt.
private struct ProcessorTrial {
  let test: ProcessorTest
  let flowFiles: [FlowFile]
  private let services: [String: any Service]

  init(_ example: ProcessorExample, _ plan: FaultPlan = FaultPlan(), _ change: (inout Attributes, inout Content) -> Void = { _, _ in }) async throws {
    let environment = try example.environment(plan)
    services = try await example.services(plan, environment)
    let test = try ProcessorTest(
      example.type, example.properties, services: services, tables: example.tables, compiler: example.compiler,
      environment: environment)
    self.test = test
    flowFiles = example.inputs.map { input in
      var input = input
      change(&input.attributes, &input.content)
      return test.flowFile(input.attributes, content: input.content)
    }
  }

  /// Closes the services, as at the end of a run.
  func close() async throws {
    for service in services.values { try await service.close() }
  }
}

extension ProcessorTest.Outcome {
  /// Everything visible from outside.
  fileprivate var everything: Data {
    var texts: [String] = bulletins.map { $0.subject + " " + $0.detail } + log.map { "\($0.message) \($0.metadata)" } + counters.keys
    if let error { texts.append("\(error)") }
    for flowFile in sent.values.flatMap({ $0 }) + requeued.map(\.flowFile) + removed + held.map(\.flowFile) {
      texts.append("\(flowFile.attributes.dictionary) \(flowFile.failure?.message ?? "")")
      if case .records(let batch) = flowFile.content { texts.append("\(batch)") }
    }
    var data = Data(texts.joined(separator: "\n").utf8)
    for flowFile in sent.values.flatMap({ $0 }) { if case .bytes(let bytes) = flowFile.content { data += Data(bytes) } }
    return data
  }
}
