#include "Document.hpp"

#include <cstdio>
#include <cstring>

namespace flow_json {
namespace {

/// A member of an object. Duplicates are an error because the intended one is unknown.
Presence member(element at, std::string_view name, element &next) {
  bool found = false;
  for (const auto field : at.get_object().value_unsafe()) {
    if (!is_same(field.key, name)) continue;
    if (found) return Presence::twice;
    found = true;
    next = field.value;
  }
  return found ? Presence::here : Presence::absent;
}

bool part_of_date(element object, std::string_view name, int64_t most, int64_t &part) {
  element value;
  return member(object, name, value) == Presence::here && value.type() == element_type::INT64
    && (part = value.get_int64().value_unsafe(), part >= 1 && part <= most);
}

/// Google's `Date`: an object with year, month and day, all present.
flow_json_cell object_cell(element value, bool takes_civil_date) {
  int64_t year = 0, month = 0, day = 0;
  if (takes_civil_date && part_of_date(value, "year", 9999, year) && part_of_date(value, "month", 12, month)
      && part_of_date(value, "day", 31, day)) {
    return {static_cast<uint64_t>(year << 16 | month << 8 | day), 0, FLOW_JSON_CIVIL_DATE};
  }
  return {0, 0, FLOW_JSON_OBJECT};
}

/// Follows a path `a.b` from an element.
Presence member_at(element at, std::string_view path, element &next) {
  next = at;
  while (true) {
    if (next.type() != element_type::OBJECT) return Presence::absent;
    const auto dot = path.find('.');
    const auto presence = member(next, path.substr(0, dot), next);
    if (presence != Presence::here || dot == std::string_view::npos) return presence;
    path.remove_prefix(dot + 1);
  }
}

Presence select(const uint8_t *names, const flow_json_step &step, element at, element &next, Trail *trail,
                const RowTexts *texts) {
  const auto path = text(names, step.name, step.name_length);
  std::string wanted(text(names, step.equals, step.equals_length));
  const bool is_known = step.column == FLOW_JSON_NO_COLUMN || (texts && texts->text_of(step.column, wanted));
  std::string found;
  element hit;
  bool is_hit = false;
  size_t index = 0, hit_index = 0;
  for (const auto candidate : at.get_array().value_unsafe()) {
    if (trail) trail->push(index);
    next = candidate;
    if (candidate.type() != element_type::OBJECT) return Presence::unfit;
    element value;
    const auto presence = member_at(candidate, path, value);
    if (presence == Presence::twice) {
      if (trail) trail->push(path);
      return presence;
    }
    if (is_known && presence == Presence::here && text_in(value, found) && found == wanted) {
      // Two matches are ambiguous.
      if (is_hit) return Presence::twice;
      is_hit = true;
      hit = candidate;
      hit_index = index;
    }
    if (trail) trail->pop();
    index++;
  }
  if (is_hit) {
    next = hit;
    if (trail) trail->push(hit_index);
    return Presence::here;
  }
  next = at;
  if (trail) trail->push_selector(path);
  return index == 0 || step.may_be_unmatched || !is_known ? Presence::absent : Presence::unmatched;
}

uint64_t bits_of(double value) {
  uint64_t bits;
  static_assert(sizeof bits == sizeof value, "a double has 64 bits");
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

void append_escaped(std::string &pointer, std::string_view name) {
  for (const char character : name) {
    if (character == '~') pointer += "~0";
    else if (character == '/') pointer += "~1";
    else pointer += character;
  }
}

}  // namespace

std::string Trail::text() const {
  std::string pointer;
  for (const auto &crumb : crumbs) {
    pointer += '/';
    if (crumb.is_selector) pointer += '[';
    if (crumb.is_index) pointer += std::to_string(crumb.index);
    else append_escaped(pointer, crumb.name);
    if (crumb.is_selector) pointer += ']';
  }
  return pointer;
}

bool text_in(element value, std::string &text) {
  if (value.type() == element_type::STRING) {
    text = value.get_string().value_unsafe();
    return true;
  }
  // Identifiers may be numbers.
  if (value.type() == element_type::INT64) {
    text = std::to_string(value.get_int64().value_unsafe());
    return true;
  }
  if (value.type() == element_type::UINT64) {
    text = std::to_string(value.get_uint64().value_unsafe());
    return true;
  }
  if (value.type() != element_type::OBJECT) return false;
  const auto cell = object_cell(value, true);
  if (cell.kind != FLOW_JSON_CIVIL_DATE) return false;
  char date[16];
  std::snprintf(date, sizeof date, "%04u-%02u-%02u", static_cast<unsigned>(cell.bits >> 16),
                static_cast<unsigned>(cell.bits >> 8 & 0xFF), static_cast<unsigned>(cell.bits & 0xFF));
  text = date;
  return true;
}

Presence step(const uint8_t *names, const flow_json_step &step, element at, element &next, Trail *trail,
              const RowTexts *texts) {
  const auto type = at.type();
  next = at;
  if (step.kind == FLOW_JSON_STEP_ELEMENT) {
    return type == element_type::ARRAY ? select(names, step, at, next, trail, texts) : Presence::unfit;
  }
  if (step.kind == FLOW_JSON_STEP_INDEX && type == element_type::ARRAY) {
    if (trail) trail->push(step.index);
    return at.get_array().value_unsafe().at(step.index).get(next) ? Presence::absent : Presence::here;
  }
  if (type != element_type::OBJECT) return Presence::unfit;
  const auto name = text(names, step.name, step.name_length);
  if (trail) trail->push(name);
  return member(at, name, next);
}

/// Follows the rest of a path from the first element of the list in which it finds something. An error in an earlier
/// element counts. If the rest selects an element, a second match is an error too.
static bool follow_first(const uint8_t *names, const Way &list, element &end, flow_json_kind &why, Trail *trail) {
  end = list.start;
  if (end.type() != element_type::ARRAY) {
    why = FLOW_JSON_UNFIT;
    return false;
  }
  bool picks = false;
  for (uint32_t step = 0; step < list.count; step++) picks = picks || list.steps[step].kind == FLOW_JSON_STEP_ELEMENT;
  why = FLOW_JSON_PARENT_ABSENT;
  bool is_found = false;
  element found;
  size_t found_index = 0;
  const size_t depth = trail ? trail->depth() : 0;
  const auto follow_from = [&](element start, size_t index, flow_json_kind &reason) {
    if (trail) {
      trail->cut(depth);
      trail->push(index);
    }
    return follow(names, {start, list.steps, list.count, false, list.texts}, end, reason, trail);
  };
  size_t index = 0;
  for (const auto element : list.start.get_array().value_unsafe()) {
    flow_json_kind reason = FLOW_JSON_ABSENT;
    if (follow_from(element, index, reason)) {
      if (is_found) reason = FLOW_JSON_TWICE;
      else if (!picks) return true;
      else {
        is_found = true;
        found = element;
        found_index = index;
      }
    }
    if (reason == FLOW_JSON_UNFIT || reason == FLOW_JSON_TWICE) {
      why = reason;
      return false;
    }
    // Of several reasons, keep the one that got furthest: a missing member is more specific than a missing object, and
    // a list without its element more specific still.
    if (!is_found && why != FLOW_JSON_UNMATCHED && (why == FLOW_JSON_PARENT_ABSENT || reason == FLOW_JSON_UNMATCHED)) why = reason;
    index++;
  }
  return is_found && follow_from(found, found_index, why);
}

bool follow(const uint8_t *names, const Way &way, element &end, flow_json_kind &why, Trail *trail) {
  end = way.start;
  for (uint32_t index = 0; index < way.count; index++) {
    if (end.is_null() && !(index == 0 && way.starts_at_row)) {
      why = FLOW_JSON_NULL;
      return false;
    }
    if (way.steps[index].kind == FLOW_JSON_STEP_EACH) {
      if (way.steps[index].may_be_unmatched && end.type() == element_type::OBJECT) continue;
      const Way rest = {end, way.steps + index + 1, way.count - index - 1, false, way.texts};
      return follow_first(names, rest, end, why, trail);
    }
    element next;
    const auto presence = step(names, way.steps[index], end, next, trail, way.texts);
    if (presence == Presence::absent) {
      why = index + 1 == way.count ? FLOW_JSON_ABSENT : FLOW_JSON_PARENT_ABSENT;
      return false;
    }
    end = next;
    if (presence == Presence::here) continue;
    why = presence == Presence::twice ? FLOW_JSON_TWICE
        : presence == Presence::unmatched ? FLOW_JSON_UNMATCHED : FLOW_JSON_UNFIT;
    return false;
  }
  return true;
}

flow_json_cell cell_of(element value, bool takes_civil_date) {
  switch (value.type()) {
  case element_type::INT64:
    return {static_cast<uint64_t>(value.get_int64().value_unsafe()), 0, FLOW_JSON_INTEGER};
  case element_type::UINT64: return {value.get_uint64().value_unsafe(), 0, FLOW_JSON_NATURAL};
  case element_type::DOUBLE: return {bits_of(value.get_double().value_unsafe()), 0, FLOW_JSON_REAL};
  case element_type::STRING: {
    const auto text = value.get_string().value_unsafe();
    return {reinterpret_cast<uintptr_t>(text.data()), static_cast<uint32_t>(text.size()), FLOW_JSON_TEXT};
  }
  case element_type::BOOL: return {value.get_bool().value_unsafe() ? 1u : 0u, 0, FLOW_JSON_BOOLEAN};
  case element_type::NULL_VALUE: return {0, 0, FLOW_JSON_NULL};
  case element_type::ARRAY: return {0, 0, FLOW_JSON_LIST};
  case element_type::OBJECT: break;
  }
  return object_cell(value, takes_civil_date);
}

}  // namespace flow_json
