import FlowCore
import FlowCrypto
import StudyModel

extension RawAnswer {
  /// The content as InvokeEndpoint made it from these responses, byte for byte. Throws `ProcessorError` (`bad_data`) if they do not give the
  /// content whose hash was recorded.
  func content() throws(ProcessorError) -> [UInt8] {
    let absent = attributes[AttributeName.absentParts]?.split(separator: ",").map(String.init) ?? []
    let strange = responses.first { response in
      // What was answered of a part before its scope was refused is not in the content.
      guard let part = response.place.part else { return members != nil }
      return !(members?.contains(part) ?? false) && !absent.contains(part)
    }
    if let strange {
      throw ProcessorError(
        .badData, "a kept response of FlowFile \(flowFile) belongs to \(strange.place.part.map { "'\($0)'" } ?? "no member"), which its content does not have; restore the object from a copy, or collect the slice again")
    }
    let content: [UInt8]
    if let members {
      let responses = Dictionary(grouping: self.responses) { $0.place.part ?? "" }
      content = JSONJoin.object(members.map { (member: $0, json: Self.member(responses[$0] ?? [])) })
    } else {
      content = Self.plain(responses)
    }
    let digest = Hexadecimal.text(SHA256.digest(of: content))
    if let recorded = attributes[AttributeName.sha256], recorded != digest {
      throw ProcessorError(
        .badData,
        "the kept responses of FlowFile \(flowFile) give a content with the SHA-256 \(digest); expected \(recorded), which was recorded with them: restore the object from a copy, or collect the slice again")
    }
    return content
  }

  /// A part repeated for elements is a list, of which nothing is left if there were none.
  private static func member(_ responses: [RawResponse]) -> [UInt8] {
    guard let first = responses.first, first.place.element == nil else { return elements(responses) }
    return first.place.isAbsent ? Array("null".utf8) : JSONJoin.member(plain(responses))
  }

  private static func elements(_ responses: [RawResponse]) -> [UInt8] {
    let elements = Dictionary(grouping: responses) { $0.place.element?.index ?? 0 }
    return JSONJoin.list(
      elements.sorted { $0.key < $1.key }.compactMap { _, responses in
        guard let first = responses.first, let element = first.place.element else { return nil }
        let attributes = element.attributes.compactMap { pair in pair.count == 2 ? (name: pair[0], value: pair[1]) : nil }
        var answer = EndpointAnswer(bytes: [], status: first.status, path: "", fetchedAt: first.fetchedAt, isAbsent: first.place.isAbsent)
        answer.bytes = plain(responses)
        return AnsweredElement(EndpointElement(attributes: attributes), answer).json
      })
  }

  /// Spans as a list, the pages of each as a list; without numbers the single response.
  private static func plain(_ responses: [RawResponse]) -> [UInt8] {
    guard responses.first?.place.span != nil else { return pages(responses) }
    let spans = Dictionary(grouping: responses) { $0.place.span ?? 0 }
    return JSONJoin.list(spans.sorted { $0.key < $1.key }.map { pages($0.value) })
  }

  private static func pages(_ responses: [RawResponse]) -> [UInt8] {
    guard responses.first?.place.page != nil else { return responses.last.map { $0.place.isText ? AnswerForm.text(of: $0.body) : $0.body } ?? [] }
    return JSONJoin.list(responses.map(\.body))
  }
}
