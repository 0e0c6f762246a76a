import FlowCore
import FlowProcessors

/// All processors that flow files may name: those of a study and the framework's. To add one, write its file and add a
/// line here.
package enum BuiltinProcessors {
  package static let all: [any Processor.Type] = [
    ReadTokenFile.self,
    RefreshToken.self,
    GetLatestSync.self,
    SliceTimeRange.self,
    InvokeEndpoint.self,
    ExtractRecords.self,
    PutParquet.self,
    LoadIntoWarehouse.self,
    DedupeCheck.self,
    WriteRecords.self,
    BuildModels.self,
  ] + FrameworkProcessors.all

  package static let catalog = ProcessorCatalog(all)
}
