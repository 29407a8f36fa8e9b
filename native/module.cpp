// srec.inference._scan: the search over NumPy arrays, without the GIL.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "search.hpp"

namespace nb = nanobind;
using namespace srec;

namespace {

template <typename Scalar, size_t Dimensions>
using Array = nb::ndarray<const Scalar, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;
template <typename Scalar, size_t Dimensions>
using Result = nb::ndarray<Scalar, nb::ndim<Dimensions>, nb::c_contig, nb::device::cpu>;

constexpr int64_t kNear = 24 * 1024;  // bytes of blocks that fit the nearest cache with the other data

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
                     Array<int64_t, 1> excluded, Result<int64_t, 2> rows_BK, Result<double, 2> scores_BK) const {
        const int64_t count = items_.shape(0), queries = vectors_BD.shape(0), *offsets = offsets_B1.data();
        const bool fits = int64_t(vectors_BD.shape(1)) == frame_.dimension &&
                          (allowed_V.shape(0) == 0 || int64_t(allowed_V.shape(0)) == count) &&
                          int64_t(offsets_B1.shape(0)) == queries + 1 && rows_BK.shape(1) > 0 &&
                          int64_t(rows_BK.shape(0)) == queries && int64_t(scores_BK.shape(0)) == queries &&
                          rows_BK.shape(1) == scores_BK.shape(1) && offsets[0] == 0 &&
                          std::is_sorted(offsets, offsets + queries + 1) &&
                          offsets[queries] == int64_t(excluded.shape(0));
        if (!fits) throw std::invalid_argument("arrays that do not fit together");
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
}
