import FlowCore

/// The processors that depend on FlowFiles only. To add one, create its file and add a line here.
package enum FrameworkProcessors {
  package static let all: [any Processor.Type] = [
    RouteOnAttribute.self,
    UpdateAttribute.self,
    LogAttributes.self,
    PutFile.self,
    SplitRecords.self,
    EvaluateJSONPath.self,
    ConvertXML.self,
    GenerateFlowFile.self,
    Unsupported.self,
  ]
}
