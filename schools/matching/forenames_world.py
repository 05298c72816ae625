"""Forenames that came to Britain, as data: spellings and transliterations, short forms. Pure.

Collected here for this service; read like `forenames_british`. Other scripts stand as they are
written and are folded like everything else. Somali writes `x` and `c` for sounds that English
spells with `h` or leaves out.
"""

SPELLINGS = """
aarav aarv arav, abdi cabdi, abdulaziz abdelaziz abdiasis abdulazeez, abdulkadir abdelkader
abdiqadir abdulqadir abdikadir, abdullah abdallah abdulah abdulla cabdullaahi abdullahi abdoulaye
abdulahi عبدالله, abdulmalik abdelmalek, abdulrahman abdurrahman abdirahman abdelrahman
abderrahman cabdiraxmaan abdurahman abdulrehman عبدالرحمن, adam aadam adem aaden aadan, advik
advick, ahmed ahmad ahmet axmed ahmat ahamed achmed أحمد, aisha ayesha aysha aiesha aishah ayisha
aaisha aesha caasha caisha aicha ayse عائشة, aleena alina aliena, aleksander aleksandr aleksandar
oleksandr olexander alexandru александр олександр, ali aly alli cali علي, amina aminah aamina
ameena amena amiina emine آمنة, anas annas anass, anastasia anastasiia anastasiya nastasia
анастасия анастасія, andrei andrey andriy andrej andrzej ondrej андрей андрій, anisa aneesa
anisah, anjali anjalie anjaly, arjun arjan arjen, aryan aariyan arian, asa aasa åsa, asma asmaa
esma asmah, avraham avrohom avrom, ayaan ayan aayan aiyan, balvinder balwinder balbinder, bartosz
bartek, bilal bilaal belal bilel بلال, bjorn bjoern bjørn, bohdan bogdan богдан, chaim haim
chayim, chaya haya chayah, daria dariia darya дарья дарія, dawud dawood daud daoud dawod daawood,
deepika dipika, dimitris dimitrios demetris δημήτρης, diya dia deeya, djordje dorde đorđe, dmitri
dmitry dmytro dimitri dmitriy dumitru дмитрий дмитро, eesa esa, eleni ελένη, faisal faysal feisal
faizal, fatima fatma fathima fatimah fatema faatimah fatemah fatimata faduma faadumo fatoumata
fadumo فاطمة, filip filippo, gabriel gavriil, ganesh ganesha, giorgos georgios yorgos γιώργος
γεώργιος, goncalo gonçalo gonzalo, gurpreet gurprit gurpreat, hafsa hafsah hafza xafsa, halima
haleema halimah xaliimo halimo, hamza hamzah hamsa xamza حمزة, hana hanaa xana, hardeep hardip,
haroon haroun harun haaruun, harpreet harprit, hassan hasan xasan hasaan حسن, hira heera hirah,
hussain hussein husain husein hossain hosain husayn hussayn xuseen hussien hoosein حسين, ibrahim
ebrahim ibraheem ibrahem ebrahem brahim ibraahim إبراهيم, idris idrees idriss edris, ikra iqra
iqrah ikrah, iman eman imaan eeman, imran emran imraan عمران, inaya inayah anaya enaya, ioannis
yannis giannis yiannis γιάννης ιωάννης, isa eesa essa issa ciise عيسى, ishaan ishan eshan, ishaq
isaaq ishak isxaaq, ismail ismael ismaeel esmail ishmail ismaciil ismayil إسماعيل, ivan iwan іван
иван, jagdeep jagdip, jamal gamal jamaal djamal, janos ianos, jasleen jaslene, jaspreet jasprit,
javeria javaria jawairia juwayriyah, javier xabier, jedrzej andrzej, jibril jibreel gibril
jabril, joao joão, joaquim joaquin, jose josé, jurgen juergen jürgen, kareem karim kerim kariim
كريم, karthik kartik karthick, katerina aikaterini κατερίνα αικατερίνη, kateryna ekaterina
katarina katerina katarzyna ecaterina катерина екатерина, khadija khadijah khadeeja hadija kadija
hatice khadeejah qadija خديجة, khalid khaled khaalid halid خالد, khalida kalida, kiran kirin,
konstantinos costas kostas κωνσταντίνος, krishna krishnah crishna, krzysztof kristof christof,
kuldeep kuldip, lakshmi laxmi luxmi, laszlo lazslo, layla laila leila leyla laylah ليلى, luis
luiz, mahmood mahmoud mahmud mehmood mehmud محمود, mahnoor mahnur mehnoor, maja maya maia,
manpreet manprit, maria mariia marija mariya мария марія, maryam mariam maryem meryem maryama
mariyam miriam maariyah مريم, matei matej matvey matvii matteo, mateusz matheus, meera mira
meira, mikail mikaeel mikaal mikaeil, mikhail michail mykhailo michal mihai mihail михаил
михайло, mohammed muhammad mohamed mohammad mohamad muhamed muhammed mohamud mahamed mohamet
mehmet muhamad mohd maxamed mahomed mukhamad mohammid muhammet magomed محمد, moshe moishe moishy,
musa moosa mousa muusa moussa موسى, mustafa mustapha moustafa mostafa musthafa مصطفى, nadia nadya
nadiya nadiah, natalia natalya nataliia natalija наталья наталія, neha nehah, nikhil nickhil,
nikolai nikolay mykola nicolae николай микола, noor nur nour noora nuur نور, oleg oleh олег, omar
umar umer omer ummar cumar عمر, othman uthman usman osman ousmane cusmaan عثمان, piotr pyotr petr
petro петро пётр, polina paulina полина, priya preya priyah, rabia rabiah rabiya rabeea, rajvir
rajveer rajvinder, ranvir ranveer ranbir, rayan rayyan rayaan raiyan, rivka rifka rivkah, rohan
rohaan, rukhsana ruksana rukhsanah, ruqayyah ruqaya rukaiya ruqaiya rukia ruqiya ruqayah, saeed
said saied sayeed saiid سعيد, safiya safiyah safia saffiya safiyya sofiyah, sahil saahil, saif
sayf seif, salma selma salmah, salman selman salmaan, samira sameera samirah samiira, sana sanah
sanaa, sandeep sandip, sanjay sanjai, sergei sergey serhii serhiy serghei сергей сергій, shahid
shaheed chahid, shazia shaziya, shlomo shloime, shoaib shuaib shuayb shoib, shreya shriya sreya,
simran simren simranjeet, sofia sofiia zofia софия софія, soren soeren søren, sri shri shree,
sukhvinder sukhwinder, sulaiman suleiman sulayman suleyman soliman saleban sulieman süleyman
سليمان, sumaya sumayyah sumaiya sumayya sumaiyah soumaya, suresh shuresh, syed sayed sayyid
saiyed, szymon symon, tahir taher tahar, tahira tahirah tahera, tariq tarik tarek tareq, tiago
thiago, usama osama usamah, vihaan vihan, vijay vijai, vikram vickram, viktoriia wiktoria
виктория вікторія, volodymyr vladimir wladimir володимир владимир, wojciech voytek wojtek, yaakov
yakov yaacov, yahya yahia yehya yahyaa يحيى, yaqub yaqoob yacoub yakub yakoob يعقوب, yasmin
yasmeen yasmine jasmin, yehuda yehudah, yelena olena jelena елена олена, yitzchak yitzchok
itzhak, yulia yuliia iulia julija юлия юлія, yuri yuriy iurii юрий юрій, yusuf yousef youssef
yousuf yusef yousif yusaf yusif yuusuf youcef يوسف, zahra zahrah zehra zaahra زهراء, zaid zayd
zaed zeid, zain zayn zane zein zayne zen زين, zainab zaynab zeinab zaynep zeynep zenab zainabu
saynab zainib زينب, zakariya zakaria zakariyya zakariyah zekeriya, zakhar zahar захар, zara zaara
zarah, zeljko jeljko, zubair zubayr zobair zubeir, zuzanna zuzana, ştefan stefan szczepan
stefanos στέφανος
"""

SHORT_FORMS = """
abdulaziz aziz, abdulkadir qadir kadir, abdullah abdul abdu, abdulrahman abdul rahman, abena
abenaa, adebayo bayo ade, aditya adi, agnieszka aga, aisha aish aishi, akosua akos, aleksander
olek alek alex sasha sasza, aleksandr sasha shura alik, aleksandra ola aleks alex olka,
alessandro ale sandro, alexandru alex sandu, alexei alyosha lyosha alex, amandeep aman, anastasia
nastya nastia asya stasia, andreea deea, aniruddha ani, anna ania anka hania, antonio toni tonho,
ayodele ayo dele, ayomide ayo, babatunde tunde, barbara basia, bartlomiej bartek bart, bartosz
bartek bart, beatriz bia, bohdan bodya, chiamaka amaka, chidiebere chidi ebere, chinonso nonso
chi, chukwudi chudi, chukwuemeka emeka, concepcion concha, cristina cristi, daria dasha,
dimitrios dimitris mitsos, dmitri dima mitya, dolores lola, dorota dorotka, eduardo edu,
eleftherios lefteris, elzbieta ela elka, emmanuel manny emma manu ema, emmanuella ella emma,
erzsebet zsuzsi bori, ezekiel zeke, fatima fatty fatou fati, ferenc feri, fernanda nanda,
folasade sade, francesco checco, francisco paco pancho fran kiko, georgios giorgos yorgos george,
gheorghe gigi gelu, giovanni gianni, giuseppe beppe peppe, grzegorz grzesiek grzes greg,
guadalupe lupe, guilherme gui, gurpreet gurp gopi preet guri, hamza hamz, hanna hania, harpreet
harp preet, ibrahim ibby ibra ibz, ifeanyi ify, ignacio nacho, ilya ilyusha, ioana oana, ionut
ionel nelu, ismail ismy, istvan pisti, ivan vanya vania, iwona iwonka, jakub kuba kubus, jan jas
janek jasiek, jaspreet jas jassi preet, joanna asia aska, jose pepe zezinho ze, jozef jozek,
julia julka, karolina karola, katarzyna kasia kaska kate, kateryna katya katia kate, khadija dija
khadi, kofi koffi, konstantinos kostas dinos, krishna krish kris, krystyna krysia, krzysztof
krzysiek krzys kris chris, kulwinder kuli, kwabena kwabina, kwame kwami, laszlo laci, leonor leo,
lukasz luki lukas, maciej maciek, magdalena magda madzia, malgorzata gosia malgosia, manpreet
mani manny preet, manuel manolo manu, maria marysia maryska, maria masha marusya, marta martusia,
maryam mimi, mateusz mati mateo, menachem mendy, michal michas, mihaela miha ela, mikhail misha,
mikolaj miki mikolajek, milena mila, mohammed mo md moh muhd mhd, monika monia, moshe moish,
mustafa mus musty, nana nanah, natalia natalka nat, natalia natasha nata, nathaniel nat, navdeep
nav, ngozi ngozichukwu, nicoleta nico, nikola niki nikolka, nikolai kolya mykolka, nikolaos
nikos, nnamdi namdi, nyasha nyashadzashe, oleksandra sasha olesya, olga olya, oliwia oliwka,
olumide mide, oluwadamilola damilola dami, oluwadarasimi dara, oluwafemi femi, oluwafunmilayo
funmi funmilayo, oluwakemi kemi, oluwaseun seun, oluwaseyi seyi, oluwatimilehin timi timilehin,
oluwatobi tobi, oluwatobiloba tobi tobiloba, panagiotis panos takis, parminder pam, patrycja
patka pati, pavel pasha, pawel pawelek, piotr petya, piotr piotrek piotrus peter, polina polya,
rafael rafa, rafal rafalek, rajesh raj, rajvir raj, ramandeep raman, razvan raz, ruvarashe ruva,
satinder sati, sergei seryozha, shmuel shmuly, siddharth sid, simran sim simi, sofia sonya
sophie, stanislaw stas staszek, stefan fane stefanel, stefania stefka, sukhdeep sukhi sukh,
suleiman sule sully, suresh sue, svetlana sveta, szymon szymek simon, tadeusz tadek, tafadzwa
tafara, tanaka tanaca, tatiana tanya tania, temiloluwa temi, temitope temi tope, tendai tendayi,
tinashe tinashi, toluwani tolu, tomasz tomek tom, uchenna uche, vasile vasilica, vasileios
vasilis, vikram vik vicky, viktoriia vika, vladimir vova volodya, weronika wera, wiktor wiktorek,
wiktoria wika wiki, wladyslaw wladek, wojciech wojtek, xiaoming ming, yaw yao, yehuda yudi hudi,
yelena lena, yevgeny zhenya, yosef yossi, yulia yulya, yuri yura, yusuf yus yusi, zainab zee
zaynie, zbigniew zbyszek, zhiwei wei, zofia zosia zoska, zuzanna zuza zuzia
"""

# What a name is called in English, which an officer or a school may write instead. Only where no
# family gives both to two children (Isabel and Elizabeth, Maria and Mary are sisters).
ENGLISH_FORMS = """
aleksander alexander, aleksandra alexandra, alejandro alexander, alessandro alexander, alexandru
alexander, andrei andrew, andrzej andrew, antoni anthony, antonio anthony, beatriz beatrice,
carlos charles, catarina catherine, caterina catherine, dawid david, dominik dominic, eduardo
edward, ewa eva, filip philip, filipe philip, franciszek francis, francisco francis, francesco
francis, gabriela gabriella, giacomo james, giorgia georgia, giovanni john, giuseppe joseph,
grzegorz gregory, guilherme william, hanna hannah, henrique henry, izabela isabella, jakub jacob
jake, jan john, joao john, jorge george, jose joseph, jozef joseph, juan john, kacper casper
jasper, karol charles, karolina caroline, katarzyna katherine catherine, klara clara, krzysztof
christopher chris, leonor eleanor, lourenco lawrence, lukasz luke lucas, marcin martin, marek mark,
margarida margaret, mateusz matthew, matilde matilda, matteo matthew, michal michael, miguel
michael, mihai michael, mikolaj nicholas, nikola nicola, oliwia olivia, oliwier oliver, pablo paul,
paulo paul, patryk patrick, pawel paul, pedro peter, piotr peter, rafael raphael, rafal raphael,
riccardo richard, stanislaw stanley, szymon simon, tomas thomas, tomasz thomas, tommaso thomas,
vicente vincent, wiktor victor, viktoriia victoria, wiktoria victoria, zofia sophia sophie
"""
