import FlowCore
import FlowPackaging

/// Puts a FlowFile with its attributes into a package (FlowFile stream, version 3), as NiFi's processor of this name does: into a file or a message,
/// from which a NiFi, or `UnpackContent`, takes it out again. NiFi's has no `failure`: there a content is always at hand.
///
/// Each FlowFile has a package of its own; NiFi's `Maximum Batch Size` is always 1. Packages may simply be written one behind the other.
///
///     - name: pack
///       type: PackageFlowFile
///       to: { success: look for duplicates, original: drop }
package struct PackageFlowFile: Processor {
  static let success = Relationship("success", "The package.")
  static let original = Relationship("original", "The FlowFile that was packaged, unchanged.")
  static let failure = Relationship(Relationship.failureName, "The content cannot be read.")

  package static let descriptor = ProcessorDescriptor(
    type: "PackageFlowFile",
    summary: "Packs attributes and content into one content that NiFi can unpack (FlowFile stream v3).",
    properties: [],
    relationships: [success, original, failure],
    writes: [
      AttributeDescriptor("mime.type", "`application/flowfile-v3`."), AttributeDescriptor("filename", "That of the FlowFile, or else its uuid, and `.pkg`."),
    ])

  package init(_ configuration: ProcessorConfiguration) throws {}

  package func process(_ session: ProcessSession) async throws {
    guard let flowFile = session.get() else { return }
    var loaded = flowFile
    try await loaded.loadContent(session.environment.contents)
    let name = flowFile["filename"] ?? flowFile.id.text
    var package = session.create(childOf: flowFile)
    package.content = .bytes(FlowFilePackage(attributes: flowFile.packageAttributes, content: loaded.content.fileBytes).bytes)
    package["mime.type"] = FlowFilePackage.mediaType
    package["filename"] = name + FlowFilePackage.fileExtension
    session.transfer(package, to: Self.success)
    session.transfer(flowFile, to: Self.original)
  }
}

extension FlowFile {
  /// What its package has: its attributes, its uuid, and the two others that NiFi gives every FlowFile.
  var packageAttributes: [String: String] {
    var attributes = self.attributes.dictionary
    attributes["uuid"] = id.text
    attributes["filename"] = attributes["filename"] ?? id.text
    attributes["path"] = attributes["path"] ?? "./"
    return attributes
  }
}
