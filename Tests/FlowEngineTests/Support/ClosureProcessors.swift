import FlowCore

typealias Work = @Sendable (ProcessSession) async throws -> Void

/// A processor of a test flow, made from a closure.
protocol ClosureProcessing: Processor {
  init(_ work: @escaping Work)
}

extension ClosureProcessing {
  init(_ configuration: ProcessorConfiguration) { self.init { _ in } }
}

struct ClosureSource: ClosureProcessing {
  static let descriptor = ProcessorDescriptor(
    type: "ClosureSource", summary: "A source.", properties: [], relationships: [], input: .forbidden)
  let work: Work
  init(_ work: @escaping Work) { self.work = work }
  func process(_ session: ProcessSession) async throws { try await work(session) }
}

struct ClosureProcessor: ClosureProcessing {
  static let descriptor = ProcessorDescriptor(
    type: "ClosureProcessor", summary: "Takes one FlowFile at a time.", properties: [], relationships: [])
  let work: Work
  init(_ work: @escaping Work) { self.work = work }
  func process(_ session: ProcessSession) async throws { try await work(session) }
}

struct HoldingProcessor: ClosureProcessing {
  static let descriptor = ProcessorDescriptor(
    type: "HoldingProcessor", summary: "Takes up to ten FlowFiles at a time and may hold them.", properties: [], relationships: [], holds: true, batch: 10)
  let work: Work
  init(_ work: @escaping Work) { self.work = work }
  func process(_ session: ProcessSession) async throws { try await work(session) }
}

struct BatchProcessor: ClosureProcessing {
  static let descriptor = ProcessorDescriptor(
    type: "BatchProcessor", summary: "Takes up to ten FlowFiles at a time.", properties: [], relationships: [], batch: 10)
  let work: Work
  init(_ work: @escaping Work) { self.work = work }
  func process(_ session: ProcessSession) async throws { try await work(session) }
}
