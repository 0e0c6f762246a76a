#include "CSimdJSON.h"
#include "Document.hpp"

namespace flow_json {
namespace {

Way way(const flow_json_plan &plan, const flow_json_column &column, element start, const RowTexts &texts) {
  const bool starts_at_row = !column.from_root && column.enclosing == 0;
  return {start, plan.steps + column.first_step, column.step_count, starts_at_row, &texts};
}

bool is_listed(const uint8_t *names, const flow_json_step *members, uint32_t count, std::string_view name) {
  for (uint32_t index = 0; index < count; index++) {
    if (is_same(name, text(names, members[index].name, members[index].name_length))) return true;
  }
  return false;
}

/// Receives each row. Returns false to stop.
class RowVisitor {
public:
  virtual bool visit(element row, size_t remaining) = 0;
  virtual ~RowVisitor() = default;
};

/// Walks to the rows in document order and tracks the path.
class Walker {
public:
  Walker(element root, const flow_json_plan &plan, RowVisitor *visitor) : root(root), plan(plan), visitor(visitor) {}

  void set_visitor(RowVisitor *other) { visitor = other; }
  flow_json_status walk() { return descend(root, 0); }

  /// The start of a column's path: the row, the root or an object that encloses the row. False if it does not exist.
  bool start_of(const flow_json_column &column, element row, element &start, size_t &depth) const {
    depth = column.from_root ? 0 : trail.depth();
    start = column.from_root ? root : row;
    if (column.enclosing == 0) return true;
    if (column.enclosing > around.size()) return false;
    const auto &object = around[around.size() - column.enclosing];
    start = object.value;
    depth = object.depth;
    return true;
  }

  /// Every value at the end of the path is a row, even a list.
  bool takes_lists_whole = false;
  Trail trail;
  /// The value in place of the rows, after FLOW_JSON_NO_ROWS.
  flow_json_cell offender = {0, 0, FLOW_JSON_ABSENT};

private:
  flow_json_status descend(element at, uint32_t index) {
    if (index == plan.row_step_count) return deliver(at, index);
    const auto &component = plan.steps[index];
    if (component.kind == FLOW_JSON_STEP_EACH && component.may_be_unmatched && !is_filled_list(at)) {
      return at.type() == element_type::OBJECT ? descend(at, index + 1) : row(at, 0);
    }
    if (at.is_null()) return missing(FLOW_JSON_NULL, at, index);
    if (component.kind == FLOW_JSON_STEP_EACH) {
      if (at.type() != element_type::ARRAY) return refuse(cell_of(at, false));
      return each(at, [&](element value, size_t) { return descend(value, index + 1); });
    }
    const bool is_object = at.type() == element_type::OBJECT;
    if (is_object) around.push_back({at, trail.depth()});
    const auto status = enter(at, component, index);
    if (is_object) around.pop_back();
    return status;
  }

  static bool is_filled_list(element at) {
    return at.type() == element_type::ARRAY && at.get_array().value_unsafe().size() > 0;
  }

  flow_json_status enter(element at, const flow_json_step &component, uint32_t index) {
    const size_t depth = trail.depth();
    element next;
    switch (step(plan.names, component, at, next, &trail)) {
    case Presence::here: break;
    case Presence::absent: {
      const auto status = missing(FLOW_JSON_ABSENT, at, index);
      if (status == FLOW_JSON_DONE) trail.cut(depth);
      return status;
    }
    case Presence::unfit: return refuse(cell_of(at, false));
    case Presence::twice: return refuse({0, 0, FLOW_JSON_TWICE});
    case Presence::unmatched: return refuse({0, 0, FLOW_JSON_UNMATCHED});
    }
    const auto status = descend(next, index + 1);
    if (status == FLOW_JSON_DONE) trail.cut(depth);
    return status;
  }

  /// Each element of a list at the end of the path is a row, and an object is one row; after `*`, the element itself is
  /// the row.
  flow_json_status deliver(element at, uint32_t index) {
    if (takes_lists_whole || (index > 0 && plan.steps[index - 1].kind == FLOW_JSON_STEP_EACH)) return row(at, remaining_in_list);
    if (at.type() == element_type::ARRAY) {
      return each(at, [&](element value, size_t remaining) { return row(value, remaining); });
    }
    if (at.type() == element_type::OBJECT) return is_empty(at, index) ? FLOW_JSON_DONE : row(at, 0);
    return at.is_null() ? missing(FLOW_JSON_NULL, at, index) : refuse(cell_of(at, false));
  }

  template <typename Body> flow_json_status each(element list, Body body) {
    const auto array = list.get_array().value_unsafe();
    const size_t size = array.size();
    size_t index = 0;
    trail.push(index);
    for (const auto value : array) {
      trail.set_last(index);
      remaining_in_list = size > index ? size - index - 1 : 0;
      const auto status = body(value, remaining_in_list);
      if (status != FLOW_JSON_DONE) return status;
      index++;
    }
    trail.pop();
    return FLOW_JSON_DONE;
  }

  flow_json_status row(element value, size_t remaining) {
    return visitor->visit(value, remaining) ? FLOW_JSON_DONE : FLOW_JSON_STOPPED;
  }

  flow_json_status missing(flow_json_kind kind, element from, uint32_t depth) {
    return plan.rows_may_be_absent || is_empty(from, depth) ? FLOW_JSON_DONE : refuse({0, 0, kind});
  }

  /// Whether the object, which lacks the next step or would be the row, has a form that means that there are no rows.
  bool is_empty(element object, uint32_t depth) const {
    if (object.type() != element_type::OBJECT) return false;
    for (uint32_t index = 0; index < plan.empty_form_count; index++) {
      const auto &form = plan.empty_forms[index];
      if (form.depth == depth && has_form(object, form)) return true;
    }
    return false;
  }

  bool has_form(element object, const flow_json_empty_form &form) const {
    uint32_t found = 0;
    for (const auto field : object.get_object().value_unsafe()) {
      if (form.is_closed && !is_listed(plan.names, form.members, form.only_count, field.key)) return false;
      if (is_listed(plan.names, form.members + form.only_count, form.has_count, field.key)) found++;
    }
    return found >= form.has_count;
  }

  flow_json_status refuse(flow_json_cell cell) {
    offender = cell;
    return FLOW_JSON_NO_ROWS;
  }

  struct Enclosing {
    element value;
    size_t depth;
  };

  element root;
  const flow_json_plan &plan;
  RowVisitor *visitor;
  std::vector<Enclosing> around;
  size_t remaining_in_list = 0;
};

/// The texts of one row's columns. Looked up every time, because few selectors use them.
class TextsOfRow final : public RowTexts {
public:
  TextsOfRow(const Walker &walker, const flow_json_plan &plan, element row) : walker(walker), plan(plan), row(row) {}

  bool text_of(uint32_t column, std::string &text) const override {
    element start, end;
    size_t depth;
    flow_json_kind why;
    if (!walker.start_of(plan.columns[column], row, start, depth)) return false;
    const auto &path = plan.columns[column];
    const Way way = {start, plan.steps + path.first_step, path.step_count, true, nullptr};
    return follow(plan.names, way, end, why, nullptr) && text_in(end, text);
  }

private:
  const Walker &walker;
  const flow_json_plan &plan;
  element row;
};

/// Finds the first member of every column's path in one pass over a row.
///
/// Rows of a list usually have their members in the same order, so each search starts after the last match.
class RowMembers {
public:
  explicit RowMembers(const flow_json_plan &plan) : group_of(plan.column_count, none) {
    for (uint32_t column = 0; column < plan.column_count; column++) {
      const auto &path = plan.columns[column];
      if (path.from_root || path.enclosing > 0 || path.step_count == 0) continue;
      const auto &first = plan.steps[path.first_step];
      if (first.kind != FLOW_JSON_STEP_MEMBER) continue;
      group_of[column] = group_named(text(plan.names, first.name, first.name_length));
    }
  }

  /// Whether the column's path starts with a member of the row.
  bool knows(uint32_t column) const { return group_of[column] != none; }
  bool is_empty() const { return groups.empty(); }

  void read(element object) {
    for (auto &group : groups) group.count = 0;
    size_t guess = 0;
    for (const auto field : object.get_object().value_unsafe()) {
      for (size_t tried = 0; tried < groups.size(); tried++) {
        auto &group = groups[guess];
        guess = guess + 1 == groups.size() ? 0 : guess + 1;
        if (!is_same(field.key, group.name)) continue;
        group.value = field.value;
        group.count++;
        break;
      }
    }
  }

  /// How often the member occurs, and its last occurrence.
  uint32_t count(uint32_t column) const { return groups[group_of[column]].count; }
  element value(uint32_t column) const { return groups[group_of[column]].value; }

private:
  struct Group {
    std::string_view name;
    element value;
    uint32_t count;
  };
  static constexpr size_t none = SIZE_MAX;

  size_t group_named(std::string_view name) {
    for (size_t index = 0; index < groups.size(); index++) {
      if (groups[index].name == name) return index;
    }
    groups.push_back({name, element(), 0});
    return groups.size() - 1;
  }

  std::vector<Group> groups;
  std::vector<size_t> group_of;
};

/// Fills chunks of cells and passes them to the sink.
class Filler final : public RowVisitor {
public:
  Filler(const Walker &walker, const flow_json_plan &plan, flow_json_cell *cells, size_t capacity, void *context,
         flow_json_sink sink)
    : walker(walker), plan(plan), members(plan), cells(cells), capacity(capacity), context(context), sink(sink) {}

  bool visit(element row, size_t remaining) override {
    const bool has_members = !members.is_empty() && row.type() == element_type::OBJECT;
    if (has_members) members.read(row);
    for (uint32_t column = 0; column < plan.column_count; column++) {
      cells[column * capacity + count] =
        has_members && members.knows(column) ? cell_in_members(row, column) : cell(row, plan.columns[column]);
    }
    count++;
    return count < capacity || flush(remaining);
  }

  bool flush(size_t remaining) {
    const size_t filled = count;
    count = 0;
    return filled == 0 || sink(context, filled, remaining);
  }

private:
  flow_json_cell cell_in_members(element row, uint32_t index) const {
    const auto &column = plan.columns[index];
    const auto found = members.count(index);
    if (found > 1) return {0, 0, FLOW_JSON_TWICE};
    if (found == 0) return {0, 0, column.step_count == 1 ? FLOW_JSON_ABSENT : FLOW_JSON_PARENT_ABSENT};
    if (column.step_count == 1) return cell_of(members.value(index), column.takes_civil_date);
    const TextsOfRow texts(walker, plan, row);
    return end_of({members.value(index), plan.steps + column.first_step + 1, column.step_count - 1, false, &texts}, column);
  }

  flow_json_cell cell(element row, const flow_json_column &column) const {
    element start;
    size_t depth;
    if (!walker.start_of(column, row, start, depth)) return {0, 0, FLOW_JSON_OUTSIDE};
    const TextsOfRow texts(walker, plan, row);
    return end_of(way(plan, column, start, texts), column);
  }

  flow_json_cell end_of(const Way &way, const flow_json_column &column) const {
    element end;
    flow_json_kind why;
    const bool is_here = follow(plan.names, way, end, why, nullptr);
    return is_here ? cell_of(end, column.takes_civil_date) : flow_json_cell{0, 0, why};
  }

  const Walker &walker;
  const flow_json_plan &plan;
  RowMembers members;
  flow_json_cell *cells;
  size_t capacity;
  void *context;
  flow_json_sink sink;
  size_t count = 0;
};

/// Walks to one row again and traces the path to one column.
class Locator final : public RowVisitor {
public:
  Locator(Walker &walker, const flow_json_plan &plan, uint64_t target, uint32_t column)
    : walker(walker), plan(plan), rows_before(target), column(plan.columns[column]) {}

  bool visit(element row, size_t) override {
    if (rows_before-- > 0) return true;
    element start, end;
    size_t depth;
    if (!walker.start_of(column, row, start, depth)) {
      cell = {0, 0, FLOW_JSON_OUTSIDE};
      return false;
    }
    walker.trail.cut(depth);
    flow_json_kind why;
    const TextsOfRow texts(walker, plan, row);
    const bool is_here = follow(plan.names, way(plan, column, start, texts), end, why, &walker.trail);
    // If the path does not fit, report the value where it failed.
    cell = is_here || why == FLOW_JSON_UNFIT ? cell_of(end, false) : flow_json_cell{0, 0, why};
    return false;
  }

  flow_json_cell cell = {0, 0, FLOW_JSON_ABSENT};

private:
  Walker &walker;
  const flow_json_plan &plan;
  uint64_t rows_before;
  const flow_json_column &column;
};

/// Checks the objects and lists that an element contains.
class PointCheck final : public RowVisitor {
public:
  PointCheck(Walker &walker, const flow_json_point_rule &rule) : walker(walker), rule(rule) {}

  bool visit(element row, size_t) override {
    if (row.type() != element_type::OBJECT) return object(FLOW_JSON_POINTS_NO_OBJECT, row);
    bool has_value = false;
    for (const auto field : row.get_object().value_unsafe()) {
      const auto type = field.value.type();
      if (type != element_type::OBJECT && type != element_type::ARRAY) continue;
      if (!is_listed(names(), rule.members, 1 + rule.beside_count, field.key)) return object(FLOW_JSON_POINTS_OTHER, field);
      has_value = has_value || is_listed(names(), rule.members, 1, field.key);
    }
    if (has_value) {
      hits++;
    } else if (rule.may_be_empty) {
      for (const auto field : row.get_object().value_unsafe()) {
        if (!is_listed(names(), rule.members + 1 + rule.beside_count, rule.empty_count, field.key)) {
          return object(FLOW_JSON_POINTS_NOT_EMPTY, field);
        }
      }
    } else if (!rule.may_lack && misses++ == 0) {
      first_miss = walker.trail;
      first_miss.push(text(names(), rule.members->name, rule.members->name_length));
    }
    return true;
  }

  /// After all elements: reports if none of them has the required value.
  void judge_all() {
    if (misses == 0 || hits > 0) return;
    status = FLOW_JSON_POINTS_NONE;
    walker.trail = first_miss;
  }

  flow_json_points status = FLOW_JSON_POINTS_FIT;
  flow_json_cell cell = {0, 0, FLOW_JSON_ABSENT};

private:
  const uint8_t *names() const { return rule.elements->names; }

  bool object(flow_json_points why, element at) {
    status = why;
    cell = cell_of(at, false);
    return false;
  }
  bool object(flow_json_points why, const simdjson::dom::key_value_pair &field) {
    walker.trail.push(field.key);
    return object(why, field.value);
  }

  Walker &walker;
  const flow_json_point_rule &rule;
  size_t hits = 0, misses = 0;
  Trail first_miss;
};

void give(flow_json_parser &parser, const Trail &trail, flow_json_cell cell, flow_json_location &location) {
  parser.pointer = trail.text();
  location = {parser.pointer.data(), parser.pointer.size(), cell};
}

}  // namespace
}  // namespace flow_json

using namespace flow_json;

flow_json_status flow_json_rows(
  flow_json_parser *parser, const flow_json_plan *plan, flow_json_cell *cells, size_t capacity, void *context,
  flow_json_sink sink, flow_json_location *offence) {
  Walker walker(parser->root, *plan, nullptr);
  Filler filler(walker, *plan, cells, capacity, context, sink);
  walker.set_visitor(&filler);
  const auto status = walker.walk();
  if (status == FLOW_JSON_NO_ROWS) give(*parser, walker.trail, walker.offender, *offence);
  if (status == FLOW_JSON_STOPPED) return status;
  // Flush the rows before the error first, because the first error must be reported.
  return filler.flush(0) ? status : FLOW_JSON_STOPPED;
}

void flow_json_locate(
  flow_json_parser *parser, const flow_json_plan *plan, uint64_t row, uint32_t column, flow_json_location *location) {
  Walker walker(parser->root, *plan, nullptr);
  Locator locator(walker, *plan, row, column);
  walker.set_visitor(&locator);
  walker.walk();
  give(*parser, walker.trail, locator.cell, *location);
}

flow_json_points flow_json_points_fit(flow_json_parser *parser, const flow_json_point_rule *rule, flow_json_location *offence) {
  Walker walker(parser->root, *rule->elements, nullptr);
  PointCheck check(walker, *rule);
  walker.set_visitor(&check);
  walker.takes_lists_whole = rule->may_be_empty;
  if (walker.walk() != FLOW_JSON_STOPPED) check.judge_all();
  if (check.status != FLOW_JSON_POINTS_FIT) give(*parser, walker.trail, check.cell, *offence);
  return check.status;
}
