import FlowCore
import FlowRuntime
import Foundation
import StudyModel
import StudyParticipants
import StudyReport
import Testing

@testable import StudyWeb

@Suite("Texts of the consent pages")
struct ConsentTextsTests {
  private func problems(_ edit: (inout String) -> Void) -> [String] {
    var text = ConsentTexts.standardFile
    edit(&text)
    do {
      _ = try ConsentTexts(Array(text.utf8), file: "texts.yaml")
      return []
    } catch let problems as Diagnostics {
      return problems.all.map(\.description)
    } catch {
      return ["\(error)"]
    }
  }

  @Test("the built-in texts are a valid file")
  func standard() { #expect(problems { _ in } == []) }

  @Test("all problems are told at once, each with its place and what is expected")
  func all() {
    let found = problems { text in
      text = text.replacing("thanks_title: Thank you", with: "thank_title: Thank you").replacing("used_title: You have already agreed", with: "used_title:")
        .replacing("language: en", with: "language: English").replacing("busy_button: Try again", with: "busy_button: Try {providr} again")
        .replacing("unknown_title: This link does not work", with: "unknown_title: This {provider} link does not work")
    }
    #expect(found.count == 6, "\(found.joined(separator: "\n"))")
    for words in [
      "1 text is missing: thanks_title", "text 'thank_title': there is no text of this name on the pages", "did you mean 'thanks_title'?", "text 'used_title': it is empty",
      "text 'language': it is 'English'", "it has {providr}, which stands for nothing", "did you mean 'provider'?",
      "it has {provider}, which is not known on this page",
    ] { #expect(found.contains { $0.contains(words) }, "\(words)") }
    #expect(found.filter { $0.contains("missing") }.allSatisfy { $0.hasPrefix("texts.yaml: error:") })
    #expect(found.filter { $0.contains("busy") }.allSatisfy { $0.contains(#/texts\.yaml:\d+:1: error:/#) })
  }

  @Test("what is no map of texts is refused", arguments: ["", "a list", "- a", "study: {a: b}", "study: a\nstudy: b"])
  func shapes(_ text: String) {
    #expect(throws: Diagnostics.self) { try ConsentTexts(Array(text.utf8), file: "t") }
  }

  @Test("study and contact are filled in everywhere, quotation marks and other scripts are text, and a language says its direction")
  func filling() throws {
    let text = ConsentTexts.standardFile.replacing("study: the study", with: "study: “Herz & Schlaf” <2026> {study}").replacing("language: en", with: "language: ar")
      .replacing("contact: the people who sent you this link", with: "contact: فريق الدراسة")
    // A name in braces inside the study's own name is a problem, as it would refer to itself.
    #expect(throws: Diagnostics.self) { try ConsentTexts(Array(text.utf8), file: "t") }
    let texts = try ConsentTexts(Array(text.replacing("<2026> {study}", with: "<2026>").utf8), file: "t")
    #expect(texts.line("invite_title", [.provider: "Fitbit"]) == "Share your Fitbit data with “Herz & Schlaf” <2026>")
    #expect(texts.paragraphs("expired_text").last?.contains("فريق الدراسة") == true)
    #expect(texts.direction == "rtl" && ConsentTexts.standard.direction == "ltr")
  }

  @Test("every scope of the shipped flows has words; others are shown by their name", arguments: [
    ("heartrate", "Heart rate"), ("https://www.googleapis.com/auth/googlehealth.sleep.readonly", "Sleep and its stages"), ("menstrual_cycle", "menstrual cycle"),
  ])
  func scopes(_ scope: String, words: String) { #expect(ConsentTexts.standard.data(scope) == words) }

  // MARK: Pages

  private static let question = ConsentOutcome.Question(scopes: ["heartrate", "sleep", "profile"], expires: Instant(seconds: 1_786_000_000), page: "https://p.test/x")
  static let kinds: [ConsentOutcome.Kind] = [
    .invited(question), .thanks, .partial(["sleep"]), .declined, .wrongAccount, .used, .expired, .unknown, .late, .confirm, .busy, .unreachable, .lost, .trouble,
  ]

  @Test("every outcome has a page of its own, without an open placeholder", arguments: kinds.indices)
  func pages(_ index: Int) throws {
    let views = Self.kinds.map { ConsentView(ConsentOutcome($0, provider: $0 == .unknown || $0 == .trouble ? nil : "Fitbit"), .standard) }
    let view = views[index]
    #expect(views.filter { $0.title == view.title }.count == 1)
    let parts = [view.title] + view.paragraphs + view.data + view.more + [view.note ?? "", view.form?.button ?? ""]
    #expect(parts.allSatisfy { !$0.contains("{") && !$0.contains("}") } && !view.paragraphs.isEmpty)
  }

  @Test("whatever a study writes, or a provider sends back, is text on the page")
  func escaping() throws {
    let text = ConsentTexts.standardFile.replacing("study: the study", with: "study: <script>alert(1)</script>")
    let texts = try ConsentTexts(Array(text.utf8), file: "t")
    var surroundings = ConsentView.Surroundings(link: "/consent/x")
    surroundings.answer = [("state", "\"><script>x</script>"), ("code", "'<&")]
    let template = try ConsentPart.template()
    for kind in Self.kinds {
      let html = ConsentView(ConsentOutcome(kind, provider: "<b>"), texts, surroundings).html(template, texts)
      #expect(!html.contains("<script") && !html.contains("<b>"), "\(kind)")
      #expect(html.hasPrefix("<!doctype html>\n<html lang=\"en\" dir=\"ltr\">"))
    }
  }

  @Test("browsers may follow the form's answer to the provider, and nowhere else", arguments: [
    ("https://accounts.google.com/o/oauth2/v2/auth", "'self' https:;"), ("http://127.0.0.1:8081/oauth2/authorize", "'self' http://127.0.0.1:*;"),
    ("http://127.0.0.1/oauth2/authorize", "'self' http://127.0.0.1:*;"),
  ])
  func policy(_ page: String, formAction: String) { #expect(ConsentPart.policy(leadingTo: page).contains("form-action " + formAction)) }
}
