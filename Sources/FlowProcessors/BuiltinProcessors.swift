import FlowCore

/// Every processor that a flow file may name. A new one: its file, and one line here.
package enum BuiltinProcessors {
  package static let all: [any Processor.Type] = [
    ReadTokenFile.self,
    RefreshToken.self,
    GetLatestSync.self,
    SliceTimeRange.self,
    InvokeEndpoint.self,
    ExtractRecords.self,
    DedupeCheck.self,
    WriteRecords.self,
    RouteOnAttribute.self,
    UpdateAttribute.self,
    LogAttributes.self,
    PutFile.self,
    GenerateFlowFile.self,
  ]

  package static let catalog = ProcessorCatalog(all)
}
