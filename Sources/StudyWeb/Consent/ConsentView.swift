import FlowCore
import FlowRuntime
import Mustache

/// A page that a participant sees: its status and its parts, before they are put into the template.
struct ConsentView: Sendable, Equatable {
  struct Form: Sendable, Equatable {
    /// Where it is sent; nil for the page's own address.
    var action: String?
    var fields: [(name: String, value: String)]
    var button: String

    static func == (left: Form, right: Form) -> Bool {
      left.action == right.action && left.button == right.button && left.fields.elementsEqual(right.fields) { $0 == $1 }
    }
  }

  /// HTTP status.
  var status: Int
  var title: String
  var paragraphs: [String]
  /// A list between `paragraphs` and `more`.
  var data: [String] = []
  var more: [String] = []
  var form: Form?
  /// Leads back to the participant's link.
  var link: (href: String, text: String)?
  var note: String?

  static func == (left: ConsentView, right: ConsentView) -> Bool {
    left.status == right.status && left.title == right.title && left.paragraphs == right.paragraphs && left.data == right.data && left.more == right.more
      && left.form == right.form && left.link?.href == right.link?.href && left.link?.text == right.link?.text && left.note == right.note
  }

  /// What a page may refer to beside its outcome.
  struct Surroundings: Sendable {
    /// The path of the participant's link, where the browser is known to have opened it.
    var link: String?
    /// The provider's answer, to be given again.
    var answer: [(name: String, value: String)] = []
  }

  /// The path that takes the provider's answer.
  static let callback = "/consent/callback"

  /// - Precondition: the outcome is a page, not the way to the provider's.
  init(_ outcome: ConsentOutcome, _ texts: ConsentTexts, _ surroundings: Surroundings = Surroundings()) {
    var values: [ConsentTexts.Placeholder: String] = [:]
    if let provider = outcome.provider { values[.provider] = provider }
    func page(_ name: String, _ status: Int) -> ConsentView {
      ConsentView(status: status, title: texts.line(name + "_title", values), paragraphs: texts.paragraphs(name + "_text", values))
    }
    func again(_ name: String, _ status: Int) -> ConsentView {
      var view = page(name, status)
      view.link = surroundings.link.map { ($0, texts.line("again_button", values)) }
      return view
    }
    func repeating(_ name: String, _ status: Int) -> ConsentView {
      var view = page(name, status)
      view.form = Form(action: Self.callback, fields: surroundings.answer + [("confirmed", "yes")], button: texts.line(name + "_button", values))
      return view
    }
    switch outcome.kind {
    case .invited(let question):
      // In UTC, as the time of expiry is compared.
      values[.date] = String(question.expires.text.prefix { $0 != "T" })
      self = page("invite", 200)
      data = Self.unique(question.scopes.map(texts.data))
      more = texts.paragraphs("invite_choice", values)
      form = Form(action: nil, fields: [], button: texts.line("invite_button", values))
      note = texts.line("invite_note", values)
    case .partial(let scopes):
      self = page("partial", 200)
      data = Self.unique(scopes.map(texts.data))
      more = texts.paragraphs("partial_choice", values)
    case .thanks: self = page("thanks", 200)
    case .declined: self = again("declined", 200)
    case .wrongAccount: self = again("wrong_account", 409)
    case .used: self = page("used", 410)
    case .expired: self = page("expired", 410)
    case .unknown: self = page("unknown", 404)
    case .late: self = again("late", 409)
    case .lost: self = again("lost", 409)
    case .confirm: self = repeating("confirm", 200)
    case .busy: self = repeating("busy", 503)
    case .unreachable: self = repeating("unreachable", 503)
    case .trouble: self = again("trouble", 500)
    case .leave: preconditionFailure("the way to the provider is no page")
    }
  }

  /// For an address that has tried too many links.
  static func slow(_ texts: ConsentTexts) -> ConsentView {
    ConsentView(status: 429, title: texts.line("slow_title"), paragraphs: texts.paragraphs("slow_text"))
  }

  private init(status: Int, title: String, paragraphs: [String]) {
    self.status = status
    self.title = title
    self.paragraphs = paragraphs
  }

  private static func unique(_ texts: [String]) -> [String] {
    var seen: Set<String> = []
    return texts.filter { seen.insert($0).inserted }
  }

  /// The page in HTML.
  func html(_ template: MustacheTemplate, _ texts: ConsentTexts) -> String {
    let values: [String: Any] = [
      "language": texts.language, "direction": texts.direction, "style": ConsentPart.stylePath, "title": title, "paragraphs": paragraphs,
      "data": data, "has_data": !data.isEmpty, "more": more,
      "has_form": form != nil, "has_action": form?.action != nil, "action": form?.action ?? "", "button": form?.button ?? "",
      "fields": form?.fields.map { ["name": $0.name, "value": $0.value] } ?? [],
      "has_link": link != nil, "href": link?.href ?? "", "link": link?.text ?? "", "has_note": note != nil, "note": note ?? "",
    ]
    return template.render(values)
  }
}
