import FlowCore

/// The processors that depend on FlowFiles only. To add one, create its file and add a line here.
package enum FrameworkProcessors {
  package static let all: [any Processor.Type] = [
    RouteOnAttribute.self,
    RouteOnContent.self,
    UpdateAttribute.self,
    LogAttribute.self,
    PutFile.self,
    SplitRecords.self,
    EvaluateJSONPath.self,
    ConvertXML.self,
    GenerateFlowFile.self,
    PackageFlowFile.self,
    UnpackContent.self,
    ReplaceText.self,
    AttributesToJSON.self,
    ExtractText.self,
    SplitText.self,
    SplitJSON.self,
    MergeContent.self,
    RetryFlowFile.self,
    ControlRate.self,
    DetectDuplicate.self,
    InvokeHTTP.self,
    GetFile.self,
    ListFile.self,
    FetchFile.self,
    ConvertRecord.self,
    QueryRecord.self,
    ExecuteSQL.self,
    PutDatabaseRecord.self,
    Unsupported.self,
  ]
}
