import FlowRuntime

/// A FlowFile that has passed a tap, as lines of text.
enum TapPage {
  static func lines(_ flowFile: TappedFlowFile, _ terminal: Terminal) -> [String] {
    let content = flowFile.content == "empty" ? "no content" : "\(flowFile.content), \(flowFile.size) bytes"
    let head = "\(flowFile.time)  \(flowFile.processor).\(flowFile.relationship) > \(flowFile.to)  \(flowFile.uuid)  \(content)"
    return [terminal.styled(head, .bold)] + flowFile.attributes.sorted { $0.key < $1.key }.map { "    \($0.key) = \(Self.line($0.value))" }
  }

  /// Control characters could change the terminal.
  private static func line(_ value: String) -> String {
    var line = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "\n": line += "\\n"
      case _ where scalar.properties.generalCategory == .control: line += "?"
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
