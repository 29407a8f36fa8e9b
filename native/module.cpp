// srec.inference._scan: searches, sums and common tags over NumPy arrays, without the GIL.

#include <nanobind/nanobind.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "arrays.hpp"
#include "search.hpp"
#include "sums.hpp"
#include "tags.hpp"

namespace nb = nanobind;
using namespace srec;

namespace {

constexpr int64_t kNear = 24 * 1024;  // bytes of blocks that fit the nearest cache with the other data

using Lists = std::vector<std::vector<int32_t>>;
using Lists64 = std::vector<std::vector<int64_t>>;

struct Counts {
    int64_t outside = 0, rescored = 0, opened = 0;
};

// An index over arrays, which it keeps alive; any number of threads may search it.
class Scan {
  public:
    Scan(Array<uint8_t, 5> planes, Array<float, 2> rows_4V, Array<float, 2> blocks_4N, Array<int32_t, 1> places_V,
         Array<double, 2> frame_2D, double scale, double rounding, double leaning, Array<float, 2> items_VD,
         const char* name)
        : planes_(planes),
          rows_(rows_4V),
          blocks_(blocks_4N),
          places_(places_V),
          frame_of_(frame_2D),
          items_(items_VD) {
        const std::vector<Kernel> usable = kernels();
        const auto kernel = std::find_if(usable.begin(), usable.end(),
                                         [name](const Kernel& one) { return !std::strcmp(name, one.name); });
        const size_t count = items_VD.shape(0), dimension = items_VD.shape(1), last = planes.shape(1);
        const size_t pairs = planes.shape(2), padded = last * kRows;
        const bool fits = kernel != usable.end() && planes.shape(0) == 2 && planes.shape(3) == kRows &&
                          planes.shape(4) == kPair / 2 && pairs == (dimension + kPair - 1) / kPair &&
                          last == (count + kRows - 1) / kRows && rows_4V.shape(0) == 4 && rows_4V.shape(1) == padded &&
                          blocks_4N.shape(0) == 4 && blocks_4N.shape(1) == last && places_V.shape(0) == padded &&
                          frame_2D.shape(0) == 2 && frame_2D.shape(1) == dimension &&
                          std::all_of(places_V.data(), places_V.data() + places_V.shape(0),
                                      [count](int32_t place) { return place >= 0 && size_t(place) <= count; });
        if (!fits) throw std::invalid_argument("arrays that do not fit together, or a kernel that is not here");
        kernel_ = *kernel;
        const float *of_rows = rows_4V.data(), *of_blocks = blocks_4N.data();
        index_ = {planes.data(),        planes.data() + last * pairs * kWide,
                  of_rows,              of_rows + padded,
                  of_rows + 2 * padded, of_rows + 3 * padded,
                  of_blocks,            of_blocks + last,
                  of_blocks + 2 * last, of_blocks + 3 * last,
                  places_V.data(),      int64_t(last),
                  static_cast<int>(pairs)};
        frame_ = {frame_2D.data(), frame_2D.data() + dimension, int64_t(dimension), scale, rounding, leaning};
    }

    nb::tuple search(Array<float, 2> vectors_BD, Array<uint8_t, 1> allowed_V, Array<int64_t, 1> offsets_B1,
                     Array<int64_t, 1> excluded, const std::vector<Array<int64_t, 1>>& added,
                     const std::vector<Array<double, 1>>& numbers, Result<int64_t, 2> rows_BK,
                     Result<double, 2> scores_BK) const {
        const int64_t count = items_.shape(0), queries = vectors_BD.shape(0), *offsets = offsets_B1.data();
        const bool fits = int64_t(vectors_BD.shape(1)) == frame_.dimension &&
                          (allowed_V.shape(0) == 0 || int64_t(allowed_V.shape(0)) == count) &&
                          int64_t(offsets_B1.shape(0)) == queries + 1 && rows_BK.shape(1) > 0 &&
                          int64_t(rows_BK.shape(0)) == queries && int64_t(scores_BK.shape(0)) == queries &&
                          rows_BK.shape(1) == scores_BK.shape(1) && offsets[0] == 0 &&
                          std::is_sorted(offsets, offsets + queries + 1) &&
                          offsets[queries] == int64_t(excluded.shape(0)) &&
                          (added.empty() || int64_t(added.size()) == queries) && added.size() == numbers.size();
        if (!fits) throw std::invalid_argument("arrays that do not fit together");
        if (!are_finite(vectors_BD.data(), vectors_BD.size())) throw std::invalid_argument("queries must be finite");
        if (!are_rows(excluded.data(), excluded.shape(0), count))
            throw std::invalid_argument("excluded rows must be rows");
        for (size_t one = 0; one < added.size(); ++one) {
            const size_t rows = added[one].shape(0);
            if (numbers[one].shape(0) != rows || !are_rows(added[one].data(), rows, count) ||
                !are_finite(numbers[one].data(), rows) ||
                std::adjacent_find(added[one].data(), added[one].data() + rows, std::greater_equal<int64_t>()) !=
                    added[one].data() + rows)
                throw std::invalid_argument("added numbers must be finite, for rows that ascend");
        }
        Counts counts;
        {
            nb::gil_scoped_release released;
            const uint8_t* allowed = allowed_V.shape(0) ? allowed_V.data() : nullptr;
            std::vector<Search> searches;
            searches.reserve(queries);
            for (int64_t one = 0; one < queries; ++one) {
                const int64_t* first = excluded.data();
                searches.emplace_back(vectors_BD.data() + one * frame_.dimension, frame_, index_,
                                      Filter(allowed, first + offsets[one], first + offsets[one + 1], count),
                                      rows_BK.shape(1));
                if (!added.empty())
                    searches.back().add({added[one].data(), added[one].data() + added[one].shape(0),
                                         numbers[one].data()},
                                        items_.data(), frame_);
            }
            look(searches);
            for (int64_t one = 0; one < queries; ++one) {
                Search& search = searches[one];
                counts.opened += search.opened;
                counts.outside += search.finish(items_.data(), frame_);
                counts.rescored += search.candidates.size();
                search.best(rows_BK.data() + one * rows_BK.shape(1), scores_BK.data() + one * rows_BK.shape(1));
            }
        }
        return nb::make_tuple(counts.outside, counts.rescored, counts.opened);
    }

  private:
    // Blocks that fit the nearest cache are read once for all queries.
    void look(std::vector<Search>& searches) const {
        const int64_t near = std::max<int64_t>(1, kNear / (int64_t(index_.pairs) * kWide));
        std::vector<Search*> wanting;
        for (int64_t first = 0; first < index_.blocks; first += near) {
            const int64_t last = std::min(first + near, index_.blocks);
            wanting.clear();
            for (Search& search : searches)
                if (search.wants(first, last)) wanting.push_back(&search);
            for (size_t one = 0; one < wanting.size();) {
                const Query* queries[kTile];
                const float* bounds[kTile];
                Block* found[kTile];
                const size_t together = wanting.size() - one < kTile ? 1 : kTile;
                for (size_t at = 0; at < together; ++at) {
                    Search& search = *wanting[one + at];
                    queries[at] = &search.query;
                    bounds[at] = search.bounds.data();
                    found[at] = search.end;
                }
                (together == 1 ? kernel_.scan : kernel_.scan_tile)(index_, first, last, queries, bounds, found);
                for (size_t at = 0; at < together; ++at) wanting[one + at]->keep(index_, kernel_, found[at]);
                one += together;
            }
        }
        for (Search& search : searches) search.open_rest(index_, kernel_);
    }

    Array<uint8_t, 5> planes_;
    Array<float, 2> rows_, blocks_;
    Array<int32_t, 1> places_;
    Array<double, 2> frame_of_;
    Array<float, 2> items_;
    Kernel kernel_;
    Index index_;
    Frame frame_;
};

// A sum over arrays, which it keeps alive; any number of threads may ask it.
class SumOf {
  public:
    SumOf(Array<int64_t, 1> offsets_V1, Array<int32_t, 1> ids_M, Array<float, 1> values_M, Array<float, 2> inputs_VD,
          Array<float, 2> items_VD)
        : offsets_(offsets_V1), ids_(ids_M), values_(values_M), inputs_(inputs_VD), items_(items_VD) {
        const size_t count = items_VD.shape(0), numbers = ids_M.shape(0);
        const int64_t* offsets = offsets_V1.data();
        const bool fits = items_VD.shape(1) > 0 && inputs_VD.shape(0) == count &&
                          inputs_VD.shape(1) <= items_VD.shape(1) && offsets_V1.shape(0) == count + 1 &&
                          offsets[0] == 0 && std::is_sorted(offsets, offsets + count + 1) &&
                          offsets[count] == int64_t(numbers) && values_M.shape(0) == numbers &&
                          std::all_of(ids_M.data(), ids_M.data() + numbers,
                                      [count](int32_t id) { return id >= 0 && size_t(id) < count; });
        if (!fits) throw std::invalid_argument("arrays that do not fit together");
        sums_ = {offsets,          ids_M.data(), values_M.data(), inputs_VD.data(),
                 items_VD.data(),  int64_t(count), int64_t(inputs_VD.shape(1)), int64_t(items_VD.shape(1))};
    }

    nb::tuple gather(const std::vector<int64_t>& rows, const std::vector<double>& shares,
                     const std::vector<double>& common, Result<float, 1> vector_D) const {
        check(rows, shares, common, int64_t(vector_D.shape(0)) == sums_.dimension);
        std::vector<int64_t> added;
        std::vector<double> totals;
        {
            nb::gil_scoped_release released;
            const Named named(sums_, rows, shares);
            named.vector({common.begin(), common.end()}, vector_D.data());
            named.add_up(added, totals);
        }
        return nb::make_tuple(array_of(std::move(added)), array_of(std::move(totals)));
    }

    // The parts of the named games in the scores of some rows, as the games were given, and of what all visitors share.
    nb::tuple parts(const std::vector<int64_t>& rows, const std::vector<double>& shares,
                    const std::vector<double>& common, const std::vector<int64_t>& answered) const {
        check(rows, shares, common, are_rows(answered.data(), answered.size(), sums_.count));
        std::vector<std::vector<double>> parts(answered.size(), std::vector<double>(rows.size()));
        std::vector<std::vector<double>> shared(answered.size(), std::vector<double>(common.size()));
        {
            nb::gil_scoped_release released;
            const Named named(sums_, rows, shares);
            for (size_t at = 0; at < answered.size(); ++at) {
                named.parts(answered[at], parts[at].data());
                const float* last = sums_.items + answered[at] * sums_.dimension + sums_.own;
                for (size_t one = 0; one < common.size(); ++one)
                    shared[at][one] = double(static_cast<float>(common[one])) * double(last[one]);
            }
        }
        return nb::make_tuple(parts, shared);
    }

  private:
    void check(const std::vector<int64_t>& rows, const std::vector<double>& shares, const std::vector<double>& common,
               bool fits) const {
        if (!fits || sums_.own + int64_t(common.size()) != sums_.dimension || rows.size() != shares.size() || !are_rows(rows.data(), rows.size(), sums_.count))
            throw std::invalid_argument("rows that there are not, or arrays that do not fit together");
    }

    Array<int64_t, 1> offsets_;
    Array<int32_t, 1> ids_;
    Array<float, 1> values_;
    Array<float, 2> inputs_, items_;
    Sums sums_;
};

// The tags of a bundle's items, in arrays which it keeps alive.
class TagsOf {
  public:
    TagsOf(Array<int64_t, 1> offsets, Array<int32_t, 1> ids_M, Array<float, 1> weights_M, int32_t count)
        : offsets_(offsets), ids_(ids_M), weights_(weights_M) {
        const size_t ends = offsets.shape(0), numbers = ids_M.shape(0);
        const bool fits = ends > 0 && offsets.data()[0] == 0 &&
                          std::is_sorted(offsets.data(), offsets.data() + ends) &&
                          offsets.data()[ends - 1] == int64_t(numbers) && weights_M.shape(0) == numbers &&
                          std::all_of(ids_M.data(), ids_M.data() + numbers,
                                      [count](int32_t id) { return id >= 0 && id < count; });
        if (!fits) throw std::invalid_argument("arrays that do not fit together");
        tags_ = {offsets.data(), ids_M.data(), weights_M.data(), int64_t(ends) - 1, count};
    }

    // For each list of items the tags that each one has in common with the liked ones of the same place.
    std::vector<Lists> shared(const Lists64& items, const Lists64& liked, size_t most) const {
        const auto known = [this](const std::vector<int64_t>& list) {
            return are_rows(list.data(), list.size(), tags_.items);
        };
        if (items.size() != liked.size() || !std::all_of(items.begin(), items.end(), known) ||
            !std::all_of(liked.begin(), liked.end(), known))
            throw std::invalid_argument("items that there are not, or lists that do not fit together");
        std::vector<Lists> found(items.size());
        nb::gil_scoped_release released;
        int64_t place = 0;
        for (size_t one = 0; one < items.size(); ++one) {
            Common common(tags_, liked[one]);
            for (const int64_t item : items[one]) found[one].push_back(common.of(item, place++, most));
        }
        return found;
    }

  private:
    Array<int64_t, 1> offsets_;
    Array<int32_t, 1> ids_;
    Array<float, 1> weights_;
    Tags tags_;
};

}  // namespace

NB_MODULE(_scan, module) {
    // A server keeps its bundle until the process ends by design, so its owner needs no warning about a leak.
    nb::set_leak_warnings(false);
    module.def("kernels", [] {
        nb::list names;
        for (const Kernel& one : kernels()) names.append(one.name);
        return names;
    });
    nb::class_<Scan>(module, "Scan")
        .def(nb::init<Array<uint8_t, 5>, Array<float, 2>, Array<float, 2>, Array<int32_t, 1>, Array<double, 2>, double,
                      double, double, Array<float, 2>, const char*>())
        .def("search", &Scan::search);
    nb::class_<SumOf>(module, "Sum")
        .def(nb::init<Array<int64_t, 1>, Array<int32_t, 1>, Array<float, 1>, Array<float, 2>, Array<float, 2>>())
        .def("gather", &SumOf::gather)
        .def("parts", &SumOf::parts);
    nb::class_<TagsOf>(module, "Tags")
        .def(nb::init<Array<int64_t, 1>, Array<int32_t, 1>, Array<float, 1>, int32_t>())
        .def("shared", &TagsOf::shared);
}
