import FlowCore
import FlowProcessors

/// Every processor that a flow file may name: those of a study and the framework's. A new one: its file, and one line here.
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
  ] + FrameworkProcessors.all

  package static let catalog = ProcessorCatalog(all)
}
