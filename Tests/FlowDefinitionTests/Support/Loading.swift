import FlowCore
import FlowDefinition
import StudyModel
import Testing

/// Loads a text with the test catalogue.
func load(
  _ text: String, file: String = "flow.yaml", given: [String: ParameterValue] = [:], environment: [String: String] = [:]
) -> Result<FlowGraph, Diagnostics> {
  load(bytes: Array(text.utf8), file: file, given: given, environment: environment)
}

func load(
  bytes: [UInt8], file: String = "flow.yaml", given: [String: ParameterValue] = [:], environment: [String: String] = [:]
) -> Result<FlowGraph, Diagnostics> {
  let loader = FlowLoader(
    processors: TestCatalog.processors, services: TestCatalog.services, compiler: { TestExpressions(parameters: $0) },
    conventions: .study)
  return loader.load(bytes: bytes, file: file, given: given, environment: { environment[$0] })
}

/// The messages of the problems; empty for a valid flow.
func problems(of result: Result<FlowGraph, Diagnostics>) -> [String] {
  if case .failure(let problems) = result { problems.all.map(\.description) } else { [] }
}
