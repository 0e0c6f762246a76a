import FlowCore

/// A value given to a parameter, and where it was given.
package struct ParameterValue: Sendable, Equatable {
  package var text: String
  /// Whether it comes from a file, the only way to give a sensitive value on the command line.
  package var isFromFile: Bool
  /// nil: `-p` on the command line.
  package var place: GivenPlace?
  /// It comes from a parameter file that other users can read.
  package var isReadableByOthers: Bool

  package init(text: String, isFromFile: Bool = false, place: GivenPlace? = nil, isReadableByOthers: Bool = false) {
    self.text = text
    self.isFromFile = isFromFile
    self.place = place
    self.isReadableByOthers = isReadableByOthers
  }

  /// The value of `-p name=@FILE`: the file's text without a byte order mark and trailing line breaks.
  ///
  /// Throws `Diagnostics` if it is not a single line of UTF-8 or contains invisible characters. Messages never show the
  /// text.
  package init(fileContents: [UInt8], file: String, parameter: String) throws {
    let problems = ProblemList(file: file)
    let subject = "parameter '\(parameter)'"
    var text = ""
    do throws(Diagnostic) {
      let source = try SourceText(fileContents)
      text = String(String.UnicodeScalarView(source.scalars))
      while text.last?.isNewline == true { text.removeLast() }
      ParameterValue.check(text, in: source, subject: subject, problems)
    } catch {
      problems.report(error, at: error.position, subject: subject)
    }
    guard problems.all.isEmpty else { throw Diagnostics(problems.all) }
    self.init(text: text, isFromFile: true)
  }

  private static func check(_ text: String, in source: SourceText, subject: String, _ problems: ProblemList) {
    let scalars = Array(text.unicodeScalars)
    if let character = UnseenCharacter.hidden(in: scalars).first {
      problems.report(
        .unseenInValue(character, isLast: character.offset == scalars.count - 1),
        at: source.position(of: character.offset), subject: subject)
    } else if let first = scalars.first, UnseenCharacter.isTypographicQuote(first) {
      problems.report(
        .quotedValue(UnseenCharacter(scalar: first, offset: 0)), at: source.position(of: 0), subject: subject)
    } else if scalars.first == " " || scalars.last == " " {
      let isFirst = scalars.first == " "
      problems.report(
        .spaceAtEnd(isFirst ? "begins" : "ends"), at: source.position(of: isFirst ? 0 : scalars.count - 1), subject: subject)
    }
  }
}
