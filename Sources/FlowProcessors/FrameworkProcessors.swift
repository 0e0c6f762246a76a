import FlowCore

/// The processors that know FlowFiles and nothing else of the world. A new one: its file, and one line here.
package enum FrameworkProcessors {
  package static let all: [any Processor.Type] = [
    RouteOnAttribute.self,
    UpdateAttribute.self,
    LogAttributes.self,
    PutFile.self,
    GenerateFlowFile.self,
  ]
}
