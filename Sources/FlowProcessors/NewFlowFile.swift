import FlowCore

/// What NiFi gives every FlowFile that is made of nothing.
enum NewFlowFile {
  static let attributes = [
    AttributeDescriptor("filename", "Of a FlowFile that is made of nothing: its uuid."), AttributeDescriptor("path", "Of a FlowFile that is made of nothing: `./`."),
  ]

  static func name(_ flowFile: inout FlowFile) {
    flowFile["filename"] = flowFile.id.text
    flowFile["path"] = "./"
  }
}
