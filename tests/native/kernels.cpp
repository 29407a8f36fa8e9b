// Every kernel of this machine against the plain one, bit by bit: estimates, slacks, and which rows are reached.
// For an instruction set that is not here, on Debian with g++-aarch64-linux-gnu and qemu-user:
//   aarch64-linux-gnu-g++ -std=c++17 -O3 -static -Inative tests/native/kernels.cpp -o kernels && qemu-aarch64 kernels
#include <cmath>
#include <cstdio>
#include <random>

#include "kernels.hpp"

int main() {
    using namespace srec;
    std::mt19937 random(0);
    const std::vector<Choice> choices = usable();
    long compared = 0, settled = 0;
    for (int turn = 0; turn < 20000; ++turn) {
        const int pairs = 1 + random() % 50;
        std::vector<uint8_t> upper(pairs * kWide), lower(pairs * kWide);
        std::vector<int8_t> codes(pairs * kPair);
        for (uint8_t& byte : upper) byte = random();
        for (uint8_t& byte : lower) byte = random();
        Query query{codes.data(), pairs, 0, 1.0f + random() % 100, (random() % 1000) / 100.0f};
        for (int8_t& code : codes) query.sum += code = int(random() % 255) - 127;
        float scales[kRows], fine[kRows], coarse[kRows];
        for (int row = 0; row < kRows; ++row) {
            scales[row] = (random() % 1000) / 1000.0f;
            fine[row] = (random() % 1000) / 10.0f;
            coarse[row] = 2 * fine[row];
        }
        const Block block{upper.data(), lower.data(), scales, fine, coarse, (random() % 1000) / 10.0f};
        const float threshold = std::ldexp(float(int(random() % 20001) - 10000), 3 + random() % 6);
        float wanted[2][kRows], found[2][kRows];
        const unsigned reached = plain(block, query, threshold, wanted[0], wanted[1]);
        settled += reached == kSettled;
        for (const Choice& choice : choices) {
            if (choice.kernel(block, query, threshold, found[0], found[1]) != reached) return std::puts(choice.name), 1;
            if (reached == kSettled) continue;
            ++compared;
            for (int row = 0; row < kRows; ++row)
                if (std::fabs(found[0][row] - wanted[0][row]) > 1e-6f * std::fabs(wanted[0][row]) ||
                    std::fabs(found[1][row] - wanted[1][row]) > 1e-6f * wanted[1][row])
                    return std::puts(choice.name), 1;
        }
    }
    for (const Choice& choice : choices) std::printf("%s ", choice.name);
    std::printf("agree with plain: %ld blocks, %ld settled by their upper halves\n", compared, settled);
    return compared && settled ? 0 : 1;
}
