"""Names by origin for generated rolls: ordinary names, ordered from common to rare.

Written for these benchmarks; orders and shares are rough and belong to nobody. A group's head is
its list, drawn by rank; its tail is put together from parts, so that most families of a long-tailed
group have a name that few others have.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """One group: `head` is the share of families whose name is in the list of surnames."""

    name: str
    share: float
    head: float
    surnames: str
    starts: str
    ends: str
    girls: str
    boys: str
    # How strongly the first names of the lists lead: a small number is a steep list.
    flatness: float = 6.0
    double: float = 0.03
    # Daughters carry another surname than sons (Kaur and Singh), or the mother's own (Begum).
    women: str = ""


_ENGLISH_GIRLS = """Olivia Amelia Isla Ava Lily Freya Florence Ivy Grace Sophia Evelyn Emily Mia
Isabella Poppy Sophie Ella Charlotte Elsie Daisy Rosie Evie Sienna Willow Ruby Phoebe Alice Matilda
Jessica Erin Lucy Eleanor Maisie Millie Lottie Harper Aria Hallie Molly Chloe Emma Esme Orla Bonnie
Ada Maya Luna Penelope Thea Gracie Violet Imogen Eliza Annabelle Rose Arabella Mabel Zara Amber
Summer Robyn Holly Lola Nancy Darcie Hannah Abigail Megan Georgia Lexi Martha Bella Eva Edith Aurora
Clara Hazel Iris Beatrice Lydia Rebecca Jasmine Scarlett Skye Paige Caitlin Leah Bethany Lauren
Samantha Victoria Elizabeth Katherine Francesca Madeleine Georgina Nicole Tilly Libby Keira Zoe
Alexandra Heidi Faith Hope Niamh Siobhan Aoife Saoirse Caoimhe Orlaith Roisin Ellie Kayleigh
Courtney
Shannon Tia Brooke Demi Lacey Ebony Tiana Kiera Felicity Harriet Verity Connie Ottilie Delilah"""
_ENGLISH_BOYS = """Oliver George Noah Arthur Harry Leo Muhammad Jack Charlie Oscar Jacob Henry
Thomas
Freddie Alfie Theo William Theodore Archie Joshua Alexander James Isaac Edward Lucas Tommy Finley
Max
Logan Ethan Mohammed Teddy Benjamin Arlo Joseph Sebastian Harrison Elijah Adam Daniel Samuel Louie
Mason Reuben Albie Rory Jaxon Hugo Luca Zachary Reggie Hunter Louis Dylan Albert David Jude Frankie
Roman Ezra Toby Riley Carter Ronnie Frederick Gabriel Stanley Bobby Jesse Michael Elliot Grayson
Mohammad Liam Jenson Ellis Harley Harvey Jayden Jake Ralph Rowan Elliott Jasper Ollie Charles Finn
Felix Caleb Chester Jackson Hudson Leon Ibrahim Ryan Blake Alfred Oakley Matthew Luke Nathan Callum
Connor Kieran Declan Cameron Owen Rhys Aaron Kai Tyler Brandon Bradley Jamie Sean Patrick
Christopher
Nicholas Andrew Robert Stephen Dominic Kyle Corey Kian Cian Oisin Cillian Lewis Angus Fraser Euan"""
_MUSLIM_GIRLS = """Aisha Fatima Maryam Zainab Khadija Hafsa Amina Safa Aaliyah Sumayyah Ayesha Zahra
Inaya Hana Noor Anaya Sana Iqra Mariam Laiba Zoya Aleena Hania Imaan Aiza Eshal Haleema Rumaysa Sara
Amelia Malaika Nadia Samira Yasmin Rabia Saima Ruqayyah Tasnim Nusrat Farzana Humaira Mehreen Aqsa
Sidra Anam Kiran Maha Dua Eliza Alisha Umaiza Mahnoor Minahil Arisha Zara Hira Bushra Shazia"""
_MUSLIM_BOYS = """Mohammed Muhammad Ibrahim Yusuf Musa Adam Ali Hamza Ahmed Omar Hassan Abdullah
Zayn
Ismail Bilal Hussain Haris Zakariya Isa Ayaan Mustafa Rayyan Ayan Zain Umar Usman Abdul Idris Eesa
Yahya Khalid Imran Tariq Faisal Salman Junaid Asad Kamran Shahid Waqas Sufyan Talha Huzaifa Danyal
Haroon Sulaiman Dawud Saad Arham Rehan Aariz Zaki Nabil Tahir Adnan Naveed Irfan Zubair Ehsan"""

ORIGINS = (
    Origin(
        "English", 0.55, 0.33,
        """Smith Jones Taylor Brown Williams Wilson Johnson Davies Robinson Wright Thompson Evans
        Walker White Roberts Green Hall Wood Jackson Clarke Thomas Harris Lewis Turner Hill Cooper
        Harrison Ward Morris Moore Clark Lee Baker King Martin Morgan Allen James Scott Phillips
        Watson Davis Parker Price Bennett Young Griffiths Mitchell Kelly Cook Carter Richardson
        Bailey Collins Bell Shaw Murphy Miller Cox Richards Marshall Simpson Ellis Adams Anderson
        Webb Foster Mills Chapman Mason Rogers Gray Powell Hunt Holmes Knight Palmer Lloyd Matthews
        Barnes Butler Stevens Fisher Russell Dixon Harvey Pearson Graham Fletcher Andrews Gibson
        Howard Elliott Reynolds Fox Ford Barker Payne West Day Saunders Lawson Webster Cole Pearce
        Rose Hart Burton Dean Riley Hudson Hayes Newton Walsh Brooks Armstrong Carr Wells Bradley
        Atkinson Lawrence Spencer Harding Watts Dunn Jenkins Hawkins Chambers Bird Hopkins Burns
        Wheeler Page Perry Cross Porter Nicholls Bates Curtis Sharp May Woods Parsons Francis
        Gardner Barrett Sutton Long Pritchard Goodwin Slater Warren Griffin Townsend Moss Baxter""",
        """Ash Thorn Whit Black Brad Hol Stan Win Hart Lang Mar Mel Wood Al Bar Ches Clay Crom Dun
        Ed El Far Gar Green Had Hal Har Hazel Hen Hor Ing Kel Kim Kirk Lam Lin Long Lyn May Mid Mil
        Mor New Nor Oak Ox Pem Pres Ray Red Rock Rus Sal Sed Shef Sher Ship Stock Sut Tem Thorp Tip
        Wad Wal War Wat Wel West Wil Wood Wor Wyn Hep Cros Pad Hels Ast Bram Col Cran Dal Ever""",
        """worth ton ley ham field bury well ford wood shaw land stead by bourne croft dale den
        wick grove hurst man combe gate more sby stone ridge thwaite burn brook ier kin son""",
        _ENGLISH_GIRLS, _ENGLISH_BOYS, flatness=14.0, double=0.05,
    ),
    Origin(
        "Welsh", 0.04, 0.85,
        """Jones Davies Williams Evans Thomas Roberts Lewis Hughes Morgan Griffiths Edwards Owen
        James Rees Price Morris Lloyd Phillips Parry Powell Jenkins Richards Howells Harries Pugh
        Bevan Bowen Vaughan Llewellyn Humphreys Pritchard Watkins Beynon Gwynne Probert Prosser""",
        "Pen Tre Llan Mor Gwyn Bryn Nan Car Mal Rhyd", "garth went wyn dre frey ach lyn ore",
        """Seren Ffion Cadi Mali Erin Megan Alys Efa Nansi Elin Lowri Carys Mared Gwen Sian Bethan
        Catrin Nia Eleri Cerys Rhian Angharad Olivia Amelia Isla Lily Ava Grace Martha Beca Lleucu
        Betsan Non Eira Nel Ela Gwenllian Myfanwy Sioned Heledd""",
        """Osian Macsen Owain Ioan Tomos Dylan Gethin Harri Jac Rhys Ifan Steffan Guto Elis Gruffydd
        Morgan Llew Cai Iwan Dafydd Huw Ieuan Oliver Noah Arthur Jacob Owen Evan Iestyn Emrys
        Llywelyn Idris Deio Cian Twm Aled Geraint""",
        double=0.05,
    ),
    Origin(
        "Scottish and Irish", 0.08, 0.55,
        """Campbell Stewart MacDonald McDonald Murphy Kelly Ryan O'Brien O'Connor O'Neill Byrne
        Reilly Doyle McCarthy Gallagher Doherty Kennedy Lynch Murray Quinn McLaughlin Connolly Daly
        Wilson O'Sullivan Nolan Fraser Reid Ross Hamilton Graham Ferguson McLean Cameron Grant
        MacLeod McKenzie McGrath Brennan Burke Collins Cunningham Duffy Farrell Fitzgerald Flynn
        Hughes Keane McGuire McKenna McMahon Moran O'Donnell O'Reilly Power Sweeney Whelan Boyle
        Buchanan Drummond Gillespie Kerr Muir Paterson Sinclair Sutherland Ward Joyce Maguire""",
        "Mac Mc O'", """Alister Aulay Bride Cabe Callum Cann Cartney Clure Coll Connell Cormack
        Crossan Dade Dermott Elroy Fadden Gill Gowan Intyre Kay Keown Kinnon Lachlan Manus Nally
        Namara Niven Phee Queen Rae Shane Sherry Tavish Vey Vicar Keefe Leary Malley Meara Rourke
        Shea Toole Dwyer Grady Hara Callaghan Driscoll Halloran Flaherty""",
        _ENGLISH_GIRLS, _ENGLISH_BOYS, flatness=14.0,
    ),
    Origin(
        "South Asian Muslim", 0.10, 0.9,
        """Khan Ahmed Hussain Ali Begum Mahmood Iqbal Akhtar Malik Shah Miah Chowdhury Rahman Islam
        Uddin Mohammed Hussein Bibi Mirza Sheikh Qureshi Butt Hassan Raja Rashid Aziz Javed Khalid
        Saleem Ashraf Aslam Kausar Choudhry Siddiqui Ansari Bashir Rehman Nawaz Anwar Farooq Yousaf
        Haque Alam Hoque Mahmud Karim Sultana Khatun Syed Zaman Parveen Rafiq Sadiq Tariq Zafar""",
        "Ab Aziz Fai Gha Has Ik Jam Kha Maq Mun Naz Pir Qay Raf Sha Tah Wah Zah",
        "ullah uddin zada far mood sood reen rani bool lal her eed oor", _MUSLIM_GIRLS,
        _MUSLIM_BOYS, flatness=3.0, double=0.01, women="Begum Bibi Akhtar Khatun Kausar Parveen",
    ),
    Origin(
        "Sikh", 0.02, 0.97,
        """Singh Gill Sandhu Dhillon Sidhu Grewal Bains Johal Dhaliwal Sahota Uppal Rai Virk Basra
        Atwal Purewal Mann Chahal Randhawa Sangha Kang Hayer Nijjar Bassi Sohal Bhogal Matharu""",
        "Dha Gre Ba Sa Chee Pan Man Khai Tho Bho", "war liwal noa gat dhar thi ra ma",
        """Simran Jasleen Harleen Manpreet Amrit Kiran Jasmine Navneet Gurpreet Harpreet Jaspreet
        Asees Avneet Mehar Anaya Sukhmani Prabhleen Rajveer Kirat Japji Gurleen Ravneet""",
        """Arjan Gurpreet Harpreet Jaspreet Arjun Manveer Rajveer Karan Sukhraj Jasdeep Kiran Fateh
        Angad Amar Ranveer Simran Veer Jovan Gurdev Harjot Manraj Tejveer Aman Jeevan""",
        flatness=2.0, women="Kaur",
    ),
    Origin(
        "Hindu and Tamil", 0.035, 0.75,
        """Patel Shah Sharma Kumar Mistry Desai Joshi Mehta Gupta Reddy Nair Rao Pillai Chauhan
        Parmar Solanki Thakkar Gandhi Verma Mishra Singh Gurung Rai Rajan Menon Iyer Das Ghosh
        Banerjee Chakraborty Bose Sivakumar Raj Krishnan Thapa Limbu Pandya Trivedi Vyas Kapoor""",
        "Vel Siva Raja Kuma Nava Thiru Jeya Maha Bala Sri Yoga Gane Para Sathi",
        "muthu nathan ratnam lingam samy rasa kumar moorthy singam sundaram palan",
        """Anaya Diya Aanya Saanvi Priya Isha Riya Kavya Meera Anika Aditi Pooja Nisha Jiya Myra
        Shreya Tara Krisha Aarohi Neha Avni Ria Divya Anjali Ishani Nithya Lakshmi Aadhya""",
        """Aarav Arjun Vihaan Krishna Rohan Dev Ishaan Aryan Neel Shiv Om Kian Rishi Nikhil Aditya
        Veer Jay Reyansh Ayaan Hari Advik Dhruv Pranav Siddharth Sanjay Vivaan Kavin Ashwin""",
        flatness=4.0,
    ),
    Origin(
        "Black African", 0.04, 0.4,
        """Mensah Owusu Boateng Osei Asante Adeyemi Okafor Mohamed Ali Hassan Abdi Okeke Balogun
        Williams Johnson Appiah Ibrahim Moyo Ncube Sibanda Ndlovu Dube Mutasa Agyeman Ofori Amoah
        Eze Nwosu Obi Adebayo Ogunleye Kamara Sesay Conteh Bangura Jalloh Tesfaye Haile Kimani
        Mwangi Otieno Banda Phiri Yusuf Warsame Omar Farah Osman Ahmed Mukasa""",
        """Ade Olu Oga Aki Oye Ayo Baba Chi Nwa Obi Eke Ike Oku Ama Fola Oso Owo Ala Olo Oni Ogun
        Eme Uche Ani Asa Ofo Kwa Mba Nde""",
        """yemi bayo wale kunle sanya leke toye dele bode nike gbola shina kola ewe jide nedu
        chukwu ka for ma ye la koya tunde lade banjo mide sola moye dare""",
        """Grace Blessing Esther Zara Deborah Amina Precious Hannah Mary Gloria Ruth Abigail Faith
        Fatima Amara Naomi Chloe Chidera Temi Tiwa Ayomide Simi Adaeze Ifeoma Nia Joy Khadija Hodan
        Sagal Hamdi Ayaan Aaliyah Michelle Favour Destiny Princess Ama Akosua Abena""",
        """David Daniel Samuel Emmanuel Joshua Michael Joseph Elijah Nathaniel Jeremiah Caleb Ethan
        Malachi Ayomide Tobi Chidi Kofi Kwame Kwaku Abdullahi Mohamed Yusuf Ibrahim Isaac Divine
        Prince Tendai Tinashe Ezekiel Nana Gabriel Temi Emeka Obinna Abdi Zakaria Ayub Josiah""",
        flatness=5.0,
    ),
    Origin(
        "Caribbean", 0.02, 0.75,
        """Brown Williams Campbell Johnson Thompson Francis Clarke Gordon Grant Morgan Reid Lewis
        Edwards Bailey Wright Samuels Henry Powell Mitchell Douglas Graham Charles Joseph Joseph
        Baptiste Pierre St-Louis Blake Barrett Dacosta Ellis Palmer Simpson Bennett Walters""",
        "Bell Lin Mont Cum Hib Gay Har Les Wil Pin", "field court berry mings bert nock lie more",
        """Aaliyah Tiana Amara Nevaeh Kayla Jada Zara Naomi Renee Shanice Tianna Alisha Imani
        Jasmine
        Leah Chantelle Kiara Amaya Eden Skye Destiny Monique Ebony Zuri Gabrielle""",
        """Tyrese Jayden Jerome Elijah Marcus Malachi Kai Isaiah Tyrell Andre Darnell Leon Reuben
        Josiah Kieron Zion Ezekiel Romeo Micah Theo Jamal Devonte Nathan Dwayne Jaden""",
        flatness=5.0, double=0.08,
    ),
    Origin(
        "Polish and Eastern European", 0.05, 0.3,
        """Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański
        Woźniak Dąbrowski Kozłowski Jankowski Mazur Kwiatkowski Krawczyk Popa Popescu Ionescu Radu
        Dumitru Stan Rusu Munteanu Kazlauskas Petrauskas Ivanov Petrov Novák Horváth Kovács Tóth
        Nagy Balog Horvat Kováč Varga Gheorghe Marin Constantin Petkov Dimitrov Szabó Jovanović""",
        """Mali Zawa Kowal Gór Dębi Brzo Jasi Lipi Wilk Sobo Pawl Mich Adam Szcze Grab Cies Rut
        Krys Bara Wron Ol Pio Sień Łuk Żuk Bog Stas Wal Tom Mar""",
        """ński wski owski ewski czyk ak owicz ewicz ka rek elski nowski icki aszek escu eanu auskas
        ov enko uk chuk""",
        """Zofia Maja Julia Hanna Lena Zuzanna Oliwia Alicja Maria Amelia Aleksandra Nikola Wiktoria
        Natalia Gabriela Kinga Laura Nadia Sofia Ioana Andreea Elena Bianca Antonia Daria Ema Luiza
        Karolina Małgorzata Emilia Milena Agata Rūta Gabija Viktorija Anastasia Polina""",
        """Jakub Jan Antoni Szymon Filip Kacper Oskar Adam Franciszek Aleksander Mikołaj Wojciech
        Stanisław Marcel Nikodem Dominik Oliwier Łukasz Mateusz Michał David Andrei Alexandru Matei
        Luca Ștefan Gabriel Kevin Patryk Bartosz Kamil Lukas Matas Nojus Denis Artur Igor""",
        flatness=8.0,
    ),
    Origin(
        "Arabic and Turkish", 0.03, 0.6,
        """Hassan Ali Ahmed Mohamed Ibrahim Hussein Khalil Mansour Saleh Abdi Haddad Said Nasser
        Hamdan Al-Ahmad Al-Hassan El-Sayed Yilmaz Kaya Demir Şahin Çelik Yıldız Öztürk Aydin Arslan
        Doğan Karim Aziz Rahimi Ahmadi Mohammadi Amiri Hosseini Karimi Noori Popal Rezai Mustafa""",
        "Abdul Al- El- Bin Ben Abu Kara Ak Er Öz", """rahman aziz khalid masri najjar sharif hakim
        rashid mutairi omari zahrani bakr salem tash gül demir doğan bey han""",
        """Fatima Maryam Sara Noor Layla Zainab Yasmin Hana Amira Aya Leen Jana Malak Rania Salma
        Elif Zeynep Defne Ela Mina Azra Ecrin Nisa Dua Asya Setayesh Parisa Roza Lara Hiba""",
        """Mohamed Mohammad Omar Ali Yusuf Ahmad Adam Hassan Khalid Hamza Abdullah Ibrahim Kareem
        Zaid Mustafa Emir Mehmet Kerem Yiğit Deniz Can Arda Amir Reza Arash Hamid Taha Anas
        Bilal""",
        flatness=4.0,
    ),
    Origin(
        "Chinese and Vietnamese", 0.02, 0.97,
        """Li Wang Zhang Chen Liu Chan Wong Lee Lam Cheung Leung Ng Ho Lau Nguyen Tran Le Pham Yang
        Huang Wu Zhou Xu Lin Tang Yip Tsang Chow Fong Mak Kwok Hui Yeung Law Poon Vu Hoang Dang""",
        "Ou Si Zhu", "yang ma ge",
        """Emily Chloe Sophie Yan Mei Xin Yi Jia Grace Hannah Zoe Wing Yuki Lok-Yi Hoi-Ching Tsz-Yan
        Hei-Tung Linh Mai Anna Jessica Ling Yue Wan Ka-Yan Sum-Yi Olivia Amy""",
        """Jason Ethan Lucas Ryan Jun Wei Hao Ming Kai Leo Ho-Yin Tsz-Ho Chun-Hei Lok-Hin Ka-Ho
        Pak-Hei Minh Nam Jayden Daniel Aiden Marcus Jack Yu Zi-Xuan Anson Oscar""",
        flatness=3.0,
    ),
    Origin(
        "Portuguese, Spanish and Italian", 0.015, 0.85,
        """Silva Santos Ferreira Pereira Costa Rodrigues Oliveira Fernandes Gomes Martins Garcia
        Rodriguez Martinez Lopez Gonzalez Hernandez Perez Sanchez Rossi Russo Ferrari Esposito
        Bianchi Romano De-Sousa Da-Silva Dos-Santos Almeida Carvalho Ribeiro Teixeira Araújo""",
        "Mon Cas Val Bra Car San", "tero tanho verde ga doso telli tini quez",
        """Sofia Maria Beatriz Leonor Mariana Carolina Matilde Inês Lucía Martina Paula Valentina
        Giulia Aurora Alice Clara Laura Camila Isabella Luana Bianca Letícia""",
        """Santiago João Rodrigo Martim Francisco Tomás Gabriel Mateo Hugo Leonardo Lorenzo Matteo
        Lucas Miguel Pedro Rafael Diego Alejandro Enzo Davi Thiago José Antonio""",
        flatness=6.0, double=0.25,
    ),
)  # fmt: skip

# Spellings of one name in other letters: officers write one as well as another, or where a
# line has `>` only the later for the first: no Olivia is written Oliwia.
SPELLINGS = """
mohammed muhammad mohamed mohammad muhammed
yusuf yousef yousuf youssef yusef
ahmed ahmad
hussain hussein husain hossain
hassan hasan
ibrahim ebrahim
aisha ayesha aysha
fatima fatimah fathima
khadija khadijah
maryam mariam maryum
zainab zaynab
zakariya zakaria zakariyya
sulaiman suleiman suleman
umar omar
usman uthman osman
abdullah abdulla abdallah
aaliyah aliyah aliya
chowdhury choudhury choudhry chaudhry chowdhry
rahman rehman
mahmood mahmoud mehmood
sheikh shaikh
qureshi qureishi
yousaf yusuf
siddiqui siddique
sara sarah
noor nur
layla leila laila
yasmin yasmeen
isa eesa essa
zayn zain zane
ayaan ayan
abdi abdy
warsame warsama
kaur kour
jaspreet jaspret
gurpreet gurprit
aarav arav
adeyemi adeyemo
okafor okafo
kowalski kovalski kowalsky
kowalczyk kovalchyk
nowak novak
wojciech > wojtek
aleksandra > alexandra
aleksander > alexander
wiktoria > viktoria victoria
oliwia > olivia
zofia > sofia
jakub > jacob
katherine catherine kathryn
niamh > neve
siobhan > shevaun
sean shaun shawn
sian > sharn
dafydd > david
llywelyn llewelyn
lewis louis
clarke clark
davies davis
philips phillips
stephen steven
macdonald mcdonald
oneill oneil
reid reed
bailey bayley
sofia sophia
sophie sofie
lily lilly
isabella izabella
zoe zoey
jaxon jackson
kian kyan
nguyen ngyuen
cheung cheong
yilmaz yilmas
nwosu nwosa
"""

# What families and officers call a child: only the given name stands on the roll.
SHORT = """
abigail abbie
alexander alex
alexandra lexi
alfred alfie
amelia millie
andrew andy
archibald archie
benjamin ben
bethany beth
cameron cam
charles charlie
charlotte lottie
christopher chris
daniel danny
dominic dom
edward teddy
eleanor ellie
elizabeth lizzie
emily em
evelyn evie
florence flo
francesca fran
frederick freddie
gabriel gabe
georgina georgie
grace gracie
harriet hattie
harrison harry
henry harry
isabella izzy
jacob jake
james jamie
jasmine jas
jessica jess
joseph joe
joshua josh
katherine kate
leonardo leo
lillian lily
lucas luke
madeleine maddie
matilda tilly
matthew matt
megan meg
michael mike
mohammed mo
nathaniel nate
nicholas nick
oliver ollie
olivia liv
patrick paddy
penelope penny
rebecca becky
robert bobby
samantha sam
samuel sam
sebastian seb
stanislaw stan
stephen steve
theodore theo
thomas tom
victoria vicky
william billy
zachary zac
"""
